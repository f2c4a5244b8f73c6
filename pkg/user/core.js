// The module of users' tokens.
import { stateless } from "../stateless.js";
import * as glue from "../wasm/user.js";

export const { useModule, ready, ask } = stateless(glue);
