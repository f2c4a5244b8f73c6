// The module of users' tokens on Deno: it comes with the import, so that no permission is needed for it.
import "./deno.js";
import source core from "../wasm/user_bg.wasm";
import { useModule } from "../user/core.js";

useModule(() => core);

export * from "../user.js";
