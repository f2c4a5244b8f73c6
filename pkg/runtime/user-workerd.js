// The module of users' tokens on Cloudflare Workers: importing the file gives it compiled.
import "./workerd.js";
import core from "../wasm/user_bg.wasm";
import { useModule } from "../user/core.js";

useModule(() => core);

export * from "../user.js";
