// What every door exports. Use a door: they tell the core how their runtime loads it.
export { createSession } from "./session.js";
export { AuthError, TimeoutError } from "./errors.js";
export { allowInsecureRequests, customFetch } from "./options.js";
