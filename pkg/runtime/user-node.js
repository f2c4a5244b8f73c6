// The module of users' tokens on Node and Bun.
import "./node.js";
import { readFileSync } from "node:fs";
import { useModule } from "../user/core.js";

useModule(() => readFileSync(new URL("../wasm/user_bg.wasm", import.meta.url)));

export * from "../user.js";
