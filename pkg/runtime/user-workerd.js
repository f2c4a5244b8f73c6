// The module of users' tokens on Cloudflare Workers: importing the file gives it compiled.
import core from "../wasm/user_bg.wasm";

export const module = () => core;
