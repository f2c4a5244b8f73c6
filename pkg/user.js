// A user's token that many jobs share, as a credential of sessions. The core decides; here is the loop that does what it says.
import { decoder, encoder, host } from "./core.js";
import { noted } from "./credential.js";
import { pause, raced, within } from "./deadline.js";
import { send } from "./deeds.js";
import { bare, customFetch, invalid, isFunction, isObject, isString, readOptions, sorted, TERMS } from "./options.js";
import { ready, step } from "./user/core.js";

/** How fast time passes for a credential, for tests: its waits are shorter by so much. */
export const clockSpeed = Symbol.for("cloud-run-auth.clockSpeed");

/** Options that mean here what they mean for sessions. */
const SHARED = ["timeout", "endpoints", "allowedHosts", "universeDomain", customFetch];
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
  const given = bare("what createUserCredential takes", options);
  /** @type {Record<PropertyKey, unknown>} */
  const common = Object.create(null);
  for (const name of Reflect.ownKeys(given)) {
    if (SHARED.includes(/** @type {any} */ (name))) common[name] = given[name];
    else if (!OWN.includes(/** @type {any} */ (name)))
      throw invalid(`there is no option ${JSON.stringify(String(name))}, but ${[...OWN, ...SHARED].map(String).join(", ")}.`);
  }
  // No call of a session is made from here, but a base there has to be.
  const config = readOptions("https://localhost", common);
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
  /** @type {import("./user/core.js").Field[]} */
  let job = Array(FIELDS).fill("");
  // Its own name holds no dash: what follows one is counted.
  [job[4], job[12]] = [random, crypto.randomUUID().replaceAll("-", "")];
  /** @type {import("./user/core.js").Field[]} */
  let event = [0, 0, 0, 0, ""];
  for (let cause; ;) {
    /** @type {string[]} */
    let answer;
    try {
      answer = step([Date.now() * speed, performance.now() * speed, ...job, ...facts, access, wanted, ...event]);
    } catch (thrown) {
      // The core knows what it means; only the store's or the runtime's own error knows where it came from.
      throw Object.assign(/** @type {object} */ (thrown), cause && { cause });
    }
    const [task, ...rest] = answer;
    if (task === "0") return { token: rest[1], expiresAt: Date.now() + +rest[0] / speed };
    job = rest.splice(0, FIELDS);
    cause = undefined;
    event = await raced(deed(task, rest, { config, store, speed, signal }), signal).catch((thrown) => {
      signal.throwIfAborted();
      cause = thrown;
      return [1, 0, 0, 0, reason(thrown)];
    });
  }
}

/**
 * Does what the core asks for.
 *
 * @param {string} task
 * @param {string[]} what
 * @param {{ config: import("./options.js").Config, store: Store, speed: number, signal: AbortSignal }} by
 * @returns {Promise<import("./user/core.js").Field[]>} Event, value, date, retry after, text
 */
async function deed(task, what, { config, store, speed, signal }) {
  if (task === "6") {
    await pause(+what[1] / speed, signal);
    return [6, 0, 0, 0, ""];
  }
  if (task === "3") {
    what[2] = String(Math.ceil(+what[2] / speed));
    const [text, status, date, retryAfter] = await send(config, what, signal);
    return [3, status, date, retryAfter, text];
  }
  if (task === "a") {
    const record = await store.read(what[0]);
    if (record === null) return [10, 0, 0, 0, ""];
    const { value, version, writtenAt, serverNow } = record ?? {};
    if (!(value instanceof Uint8Array) || !isVersion(version) || !Number.isFinite(writtenAt) || !Number.isFinite(serverNow))
      throw new Error("its read gave neither null nor { value, version, writtenAt, serverNow }");
    return [10, writtenAt, serverNow, 0, `${version}\0${decoder.decode(value).replaceAll("\0", "\ufffd")}`];
  }
  const [key, expected, value] = what;
  const written = await store.write(key, encoder.encode(value), expected || null);
  if (written === "conflict") return [11, 0, 0, 0, ""];
  if (!isVersion(written?.version)) throw new Error('its write gave neither "conflict" nor { version }');
  return [11, 0, 0, 0, written.version];
}

/** @param {unknown} version */
const isVersion = (version) => isString(version) && /^[^\0]+$/.test(version);

/** The store's own words; of a chain of causes the first that says something. @param {any} thrown */
function reason(thrown) {
  return `${thrown?.message || thrown?.code || thrown?.name || "an unknown fault"}`.replace(/\.$/, "");
}

/** @param {any} store @returns {Store} */
function readStore(store) {
  if (isObject(store) && isFunction(store.read) && isFunction(store.write)) return store;
  if (isObject(store) && isFunction(store.get) && isFunction(store.put) && isFunction(store.getWithMetadata))
    throw invalid(
      "the store is Workers KV, which cannot tell whether a record has changed: jobs would overwrite each other's tokens. Use a Durable Object, R2 or another store.",
    );
  throw invalid("the option store is no store with read and write.");
}

/**
 * @param {Record<PropertyKey, any>} given
 * @param {import("./options.js").Config} config
 */
function readUser(given, config) {
  const { user, scopes = [], subject = "", rotates = false, [clockSpeed]: speed = 1 } = given;
  if (!isString(user) || !/^[^\0-\x1f\x7f]{1,512}$/u.test(user))
    throw invalid("the option user is not the name of a record: 1 to 512 characters without control characters.");
  if (!isWords(scopes)) throw invalid("the option scopes is not an array of texts.");
  if (!isString(subject) || !/^[!-~]*$/.test(subject)) throw invalid("the option subject is not visible ASCII text.");
  if (typeof rotates !== "boolean") throw invalid("the option rotates is not true or false.");
  if (!Number.isFinite(speed) || speed <= 0) throw invalid("clockSpeed is not a number above 0.");
  const { client_id, client_secret, token_uri } = readClient(given.client);
  /** @type {Record<string, unknown>} */
  const facts = { record: user, client_id, client_secret, token_uri, sub: subject, scopes: scopes.join(" "), rotates: rotates ? "1" : "" };
  for (const name of TERMS) facts[name] = config[/** @type {keyof import("./options.js").Config} */ (name)];
  const emulator = config.endpoints ?? host.env("CLOUD_RUN_AUTH_EMULATOR") ?? "";
  return { facts: [emulator, Object.entries(facts).map(noted).join("")], speed };
}

/** @param {unknown} value @returns {value is string[]} */
const isWords = (value) => Array.isArray(value) && value.every((word) => isString(word) && /^[!-~]+$/.test(word));

/**
 * An OAuth client: its file's object or its text, as Google's console gives it, or its members.
 *
 * @param {any} [client] None: the one that the record names
 */
function readClient(client) {
  if (client === undefined) return {};
  let read = client;
  try {
    if (isString(client)) read = JSON.parse(client);
  } catch {
    // Its own error would show what is in it.
  }
  const own = (/** @type {any} */ from, /** @type {string} */ name) =>
    isObject(from) && Object.hasOwn(from, name) ? from[name] : undefined;
  const inner = own(read, "web") ?? own(read, "installed") ?? read;
  const [client_id, client_secret, token_uri] = ["client_id", "client_secret", "token_uri"].map((name) => own(inner, name));
  if (!isWords([client_id, client_secret]) || !(token_uri === undefined || isWords([token_uri])))
    throw invalid("the option client is not an OAuth client: give the file of one, or { client_id, client_secret }.");
  return { client_id, client_secret, token_uri };
}
