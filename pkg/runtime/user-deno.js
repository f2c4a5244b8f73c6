// The module of users' tokens on Deno: it comes with the import, so that no permission is needed for it.
import source core from "../wasm/user_bg.wasm";

export const module = () => core;
