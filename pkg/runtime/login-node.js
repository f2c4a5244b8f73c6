// The module of logins on Node and Bun.
import "./user-node.js";
import { readFileSync } from "node:fs";
import { useModule } from "../login/core.js";

useModule(() => readFileSync(new URL("../wasm/login_bg.wasm", import.meta.url)));

export * from "../login.js";
