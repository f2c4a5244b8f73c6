// The module of logins on Deno: it comes with the import, so that no permission is needed for it.
import "./user-deno.js";
import source core from "../wasm/login_bg.wasm";
import { useModule } from "../login/core.js";

useModule(() => core);

export * from "../login.js";
