// The module of the token service on Node and Bun.
import "./node.js";
import { readFileSync } from "node:fs";
import { useModule } from "../service/core.js";

useModule(() => readFileSync(new URL("../wasm/service_bg.wasm", import.meta.url)));

export * from "../service.js";
