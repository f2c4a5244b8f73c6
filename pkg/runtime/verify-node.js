// The module of callers' tokens on Node and Bun.
import "./node.js";
import { readFileSync } from "node:fs";
import { useModule } from "../verify/core.js";

useModule(() => readFileSync(new URL("../wasm/verify_bg.wasm", import.meta.url)));

export * from "../verify.js";
