// A user's token that many jobs share, as a credential of sessions. The core decides; here is the loop that does what it says.
import { host } from "./core.js";
import { raced, within } from "./deadline.js";
import { drive } from "./drive.js";
import { bare, invalid, isString, sorted } from "./options.js";
import { isKey } from "./stores/keys.js";
import { ask, ready } from "./user/core.js";
import { deed } from "./user/deeds.js";
import { isWords, readClient, readShared, readStore, told } from "./user/options.js";

export { getProfile } from "./profile.js";

/** How fast time passes for a credential, for tests: its waits are shorter by so much. */
export const clockSpeed = Symbol.for("cloud-run-auth.clockSpeed");

const OWN = ["store", "user", "client", "scopes", "subject", "rotates", clockSpeed];
/** How many fields a job has, with its papers. */
const FIELDS = 17;

/** @typedef {import("./stores/index.d.ts").Store} Store */
/** @typedef {{ token: string, expiresAt: number }} Had */
/**
 * @typedef {object} Shared
 * @property {import("./options.js").Config} config
 * @property {Store} store
 * @property {string[]} facts Emulator and facts
 * @property {number} speed
 */

/**
 * @param {import("./user.d.ts").UserCredentialOptions} options
 * @returns {import("./user.d.ts").UserCredential}
 */
export function createUserCredential(options) {
  const { given, config } = readShared("createUserCredential", options, OWN);
  const shared = { config, store: readStore(given.store), ...readUser(given, config) };
  /** What is under way, by what is asked for. @type {Map<string, Promise<Had>>} */
  const pending = new Map();
  return async (need) => {
    const { scopes, signal } = bare("what is needed", need);
    const access = scopes !== undefined;
    const wanted = access ? sorted(scopes) : "user";
    let had = pending.get(`${access} ${wanted}`);
    if (!had) {
      // Nobody's signal ends it: a refresh token that came in place of another would be lost.
      had = within(config.timeout, undefined, (limit) => run(shared, access, wanted, /** @type {AbortSignal} */ (limit)));
      // On Workers no request may wait for what another one began.
      if (host.isolated) host.waitUntil?.(had.catch(() => {}));
      else {
        pending.set(`${access} ${wanted}`, had);
        had.catch(() => {}).finally(() => pending.delete(`${access} ${wanted}`));
      }
    }
    return raced(had, signal).catch((thrown) => {
      throw signal?.aborted ? signal.reason : thrown;
    });
  };
}

/**
 * One job, from its begin to a token.
 *
 * @param {Shared} shared
 * @param {boolean} access
 * @param {string} wanted
 * @param {AbortSignal} signal
 * @returns {Promise<Had>}
 */
async function run({ config, store, facts, speed }, access, wanted, signal) {
  await ready();
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  /** @type {import("./stateless.js").Field[]} */
  const job = Array(FIELDS).fill("");
  // Its own name holds no dash: what follows one is counted.
  [job[4], job[12]] = [random, crypto.randomUUID().replaceAll("-", "")];
  const [life, token] = await drive(
    job,
    (fields, event) => ask(["u", Date.now() * speed, performance.now() * speed, ...fields, ...facts, access, wanted, ...event]),
    deed,
    { config, store, speed, signal },
  );
  return { token, expiresAt: Date.now() + +life / speed };
}

/**
 * @param {Record<PropertyKey, any>} given
 * @param {import("./options.js").Config} config
 */
function readUser(given, config) {
  const { user, scopes = [], subject = "", rotates = false, [clockSpeed]: speed = 1 } = given;
  if (!isKey(user)) throw invalid("the option user is not the name of a record: 1 to 512 characters without control characters.");
  if (!isWords(scopes)) throw invalid("the option scopes is not an array of texts.");
  if (!isString(subject) || !/^[!-~]*$/.test(subject)) throw invalid("the option subject is not visible ASCII text.");
  if (typeof rotates !== "boolean") throw invalid("the option rotates is not true or false.");
  if (!Number.isFinite(speed) || speed <= 0) throw invalid("clockSpeed is not a number above 0.");
  const { client_id, client_secret, token_uri } = readClient(given.client);
  /** @type {Record<string, unknown>} */
  const facts = { record: user, client_id, client_secret, token_uri, sub: subject, scopes: scopes.join(" "), rotates: rotates ? "1" : "" };
  return { facts: told(config, facts), speed };
}
