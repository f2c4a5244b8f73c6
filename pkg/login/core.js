// The module of logins.
import { stateless } from "../stateless.js";
import * as glue from "../wasm/login.js";

export const { useModule, ready, ask } = stateless(glue);
