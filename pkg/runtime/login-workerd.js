// The module of logins on Cloudflare Workers: importing the file gives it compiled.
import "./user-workerd.js";
import core from "../wasm/login_bg.wasm";
import { useModule } from "../login/core.js";

useModule(() => core);

export * from "../login.js";
