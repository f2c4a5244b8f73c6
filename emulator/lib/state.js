import { createAccounts } from "./accounts.js";
import { createAwsKeys } from "./aws-keys.js";
import { createClock } from "./clock.js";
import { createClients } from "./clients.js";
import { createFaults } from "./faults.js";
import { createGitHubJobs } from "./github.js";
import { createImds } from "./imds-config.js";
import { createImpersonation } from "./impersonation.js";
import { createLog } from "./log.js";
import { createManagedKeys } from "./managed-keys.js";
import { createMetadata } from "./metadata-config.js";
import { createPeople } from "./people.js";
import { createProviders } from "./providers.js";
import { createServices } from "./services.js";
import { createSigningKeys, generateEs256 } from "./signing-keys.js";
import { createBuckets } from "./storage-buckets.js";
import { createUsers } from "./users.js";

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
  const clients = createClients();
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
    managedKeys: createManagedKeys(),
    impersonation: createImpersonation(),
    clients,
    users: createUsers(clients),
    people: createPeople(),
    /** What people are being asked, by the number on their page. @type {Map<string, import("./authorize.js").Asked>} */
    consents: new Map(),
    /** @type {Map<string, import("./authorization-code.js").Code>} */
    codes: new Map(),
    /** By what the device holds. @type {Map<string, import("./device.js").Device>} */
    devices: new Map(),
    /** By what it shows. @type {Map<string, import("./device.js").Device>} */
    userCodes: new Map(),
    providers: createProviders(),
    /** They sign subject tokens: those of somebody else, not of Google. */
    subjectKeys: createSigningKeys(),
    githubJobs: createGitHubJobs(),
    azure: { subject: "00000000-0000-4000-8000-000000000001", clientId: "00000000-0000-4000-8000-000000000002" },
    metadata: createMetadata(),
    awsKeys: createAwsKeys(),
    imds: createImds(),
    services: createServices(),
    storage: createBuckets(),
    /** Resumable uploads that have begun, by their ids. @type {Map<string, import("./storage-resumable.js").Session>} */
    uploads: new Map(),
    signingKeys: createSigningKeys(),
    /** Those of Identity-Aware Proxy. */
    iapKeys: createSigningKeys(generateEs256),
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
