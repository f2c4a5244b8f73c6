// The module of the token service on Deno: it comes with the import, so that no permission is needed for it.
import "./deno.js";
import source core from "../wasm/service_bg.wasm";
import { useModule } from "../service/core.js";

useModule(() => core);

export * from "../service.js";
