// The module of callers' tokens on Cloudflare Workers: importing the file gives it compiled.
import "./workerd.js";
import core from "../wasm/verify_bg.wasm";
import { useModule } from "../verify/core.js";

useModule(() => core);

export * from "../verify.js";
