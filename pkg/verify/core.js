// The module of callers' tokens. After a trap it has no keys, and fetches them anew.
import { stateless } from "../stateless.js";
import * as glue from "../wasm/verify.js";

export const { useModule, ready, ask } = stateless(glue);
