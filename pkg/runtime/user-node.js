// The module of users' tokens on Node and Bun.
import { readFileSync } from "node:fs";

export const module = () => readFileSync(new URL("../wasm/user_bg.wasm", import.meta.url));
