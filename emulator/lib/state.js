import { createAccounts } from "./accounts.js";
import { createClock } from "./clock.js";
import { createFaults } from "./faults.js";
import { createLog } from "./log.js";
import { createServices } from "./services.js";
import { createSigningKeys } from "./signing-keys.js";

/** @typedef {ReturnType<typeof createState>} State */

/**
 * Everything one emulator remembers.
 *
 * @param {import("../index.js").EmulatorOptions} options
 */
export function createState(options) {
  // Looked up at every call, so that a test's fake `Date` counts.
  const { now = () => Date.now(), idTokenLifetime = 3600, accessTokenLifetime = 3600 } = options;
  const { jwksMaxAge = 20_000, origin, control = true, onRequest } = options;
  return {
    idTokenLifetime: requireSeconds("idTokenLifetime", idTokenLifetime),
    accessTokenLifetime: requireSeconds("accessTokenLifetime", accessTokenLifetime),
    jwksMaxAge: requireSeconds("jwksMaxAge", jwksMaxAge),
    control,
    onRequest,
    /** A given origin is the only one; one that `serve` fills in stands beside the origin of each request. */
    pinned: origin !== undefined,
    origin: origin === undefined ? undefined : new URL(origin).origin,
    clock: createClock(now),
    log: createLog(),
    faults: createFaults(),
    accounts: createAccounts(),
    services: createServices(),
    signingKeys: createSigningKeys(),
    /** When the present keys were first asked for. @type {number | undefined} */
    certsSince: undefined,
    /** @type {Map<string, import("./tokens.js").AccessToken>} */
    accessTokens: new Map(),
  };
}

/**
 * @param {string} name
 * @param {number} value
 */
function requireSeconds(name, value) {
  if (!Number.isFinite(value)) throw new TypeError(`${name} must be a finite number of seconds`);
  return value;
}
