// The module of the token service on Cloudflare Workers: importing the file gives it compiled.
import "./workerd.js";
import core from "../wasm/service_bg.wasm";
import { useModule } from "../service/core.js";

useModule(() => core);

export * from "../service.js";
