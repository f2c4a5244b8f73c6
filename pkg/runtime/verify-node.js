// The module of callers' tokens on Node and Bun.
import "./node.js";
import { readFileSync } from "node:fs";
import { useModule } from "../verify/core.js";
import { useArithmetic } from "../verify/signature.js";

useModule(() => readFileSync(new URL("../wasm/verify_bg.wasm", import.meta.url)));
useArithmetic(() => import("./signature-node.js"));

export * from "../verify.js";
