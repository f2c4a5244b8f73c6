// The one loop that awaits: it does what the core asks for, and tells the core what came of it. What is to be
// done, and when, and by whom, is the core's to say.
import { AuthError } from "./errors.js";
import { isString } from "./options.js";
import { ask, askBytes, coreFailed, decoder, encoder, epoch, fetchBy, host, onRestart, ready } from "./core.js";

/**
 * A token that is had. Sessions that ask for the same hold the same slot; a refresh changes it in place.
 *
 * @typedef {object} Slot
 * @property {string} key
 * @property {number} serial
 * @property {string} token
 * @property {number} refreshAt
 * @property {number} expiresAt
 * @property {string} quota The project that the credential's file wants to pay
 */

/** Whether it is an access token, and its scopes or audience. @typedef {[access: boolean, wanted: string]} Target */
/** @typedef {import("./options.js").Config} Config */

/**
 * What the core may ask for, by the kind of step; 0 is the end. What comes of it is told as the event of the kind less one, or
 * from 7 on as what was read, with value, date, retry after and text; what is left out is 0 or empty.
 *
 * @typedef {[text?: string, value?: number, date?: number, retryAfter?: number]} Outcome
 * @type {Record<string, (config: Config, what: string[], signal: AbortSignal, operation: string) => Promise<Outcome>>}
 */
const deeds = { 2: sign, 3: send, 4: read, 5: call, 6: join, 7: environment, 8: runProgram, 9: readCertificates };
/** How a token is asked for: as it comes, before the one that is had ends, or new in any case. */
export const USUAL = 0;
export const EARLY = 1;
export const FORCED = 2;

/** The largest answer that is read; the core refuses it by its size. */
const LARGEST_ANSWER = 2 ** 20;

const ALGORITHM = "RSASSA-PKCS1-v1_5";

/** What the core is told of a credential, beside its file. */
const TERMS = [
  "allowed",
  "universeDomain",
  "subject",
  "credentialType",
  "selfSigned",
  "userIdTokens",
  "subjectToken",
  "file",
  "function",
  "reach",
];

/** Of what is no matter for the core: no other try would be better. */
const UNABLE = "unsupported_by_host";

/** How often a flight is looked for where nobody wakes those who follow it, in milliseconds. */
const LOOK_EVERY = 25;

/** The keys that are kept at most; the core keeps as many credentials. */
const MOST_KEYS = 1000;

/** Tokens by the core's key. They live here and not in the module, so that they outlive a restart. @type {Map<string, Slot>} */
const slots = new Map();
/** Keys that cannot be read out, by their credential's fingerprint. @type {Map<string, CryptoKey>} */
const keys = new Map();
/** What tells one credential function from another. @type {WeakMap<Function, number>} */
const functions = new WeakMap();
/** What wakes those who follow a flight. Not used where a request may not await another's promise. @type {Map<number, Array<(value?: unknown) => void>>} */
const flights = new Map();
let functionCount = 1;

onRestart(() => {
  for (const number of flights.keys()) lead(number, 0);
  for (const slot of slots.values()) lease(slot, ask("o", slot.expiresAt, slot.key));
});

/**
 * A token for that target: one that is had, or a new one.
 *
 * @param {Config} config
 * @param {Target} target
 * @param {number} how USUAL, EARLY or FORCED
 * @param {AbortSignal} [signal] Ends the wait, and the exchange if nobody else leads it
 * @returns {Promise<Slot>}
 */
export async function acquire(config, target, how, signal = new AbortController().signal) {
  await ready();
  signal.throwIfAborted();
  for (let tries = 3; tries--;) {
    const slot = await run(config, target, how, signal);
    if (slot) return slot;
  }
  throw coreFailed();
}

/**
 * Drops a token that a server would not have, unless it has been replaced since.
 *
 * @param {Slot} slot
 * @param {string} token
 */
export function invalidate(slot, token) {
  if (slot.token !== token) return;
  slot.refreshAt = slot.expiresAt = 0;
  ask("i", slot.serial, slot.key);
}

/**
 * @param {Config} config
 * @param {Target} target
 * @param {number} how
 * @param {AbortSignal} signal
 * @returns {Promise<Slot | undefined>} Nothing where all is to begin again
 */
async function run(config, target, how, signal) {
  const begun = epoch;
  /** Whether the core was started anew: then what it said before is void. */
  const isStale = () => epoch !== begun;
  /** @type {string | undefined} */
  let operation;
  let leads = 0;
  try {
    let [kind, ...rest] = begin(config, target, how);
    while (kind !== "0") {
      operation = rest[0];
      leads = lead(leads, +rest[1]);
      let event = kind > "6" ? 3 : +kind - 1;
      /** @type {unknown} */
      let cause;
      const [text, value, date, retryAfter] = await raced(deeds[kind](config, rest.slice(2), signal, operation), signal).catch((thrown) => {
        signal.throwIfAborted();
        if (thrown?.code === UNABLE) throw thrown;
        event = 0;
        cause = thrown;
        return [reason(thrown) || "an unknown fault"];
      });
      if (isStale()) return undefined;
      try {
        [kind, ...rest] = ask("s", operation, event, value, date, retryAfter, text);
      } catch (thrown) {
        const failure = /** @type {import("./errors.js").AuthError} */ (thrown);
        // The core knows what it means; only the runtime's own error knows where it came from.
        if (cause !== undefined) failure.cause ??= cause;
        // A core that was started anew does not know this call.
        if (isStale() && failure.code === "timeout") return undefined;
        throw failure;
      }
      if (isStale()) return undefined;
    }
    const slot = keep(rest);
    if (!slot) return acquire(config, target, FORCED, signal);
    const [quota, rotated] = ask("q", register(config, false));
    slot.quota = quota;
    if (rotated) await config.onRefreshToken?.(rotated);
    return slot;
  } catch (thrown) {
    if (!isStale()) ask("a", operation);
    // It may be the credential that had to go for others'.
    config.known = undefined;
    throw thrown;
  } finally {
    lead(leads, 0);
  }
}

/**
 * @param {Config} config
 * @param {Target} target
 * @param {number} how
 */
function begin(config, [access, wanted], how) {
  const deadline = performance.now() + (config.timeout || 3_600_000);
  return ask("g", deadline, register(config, false), access, how, wanted);
}

/**
 * The number that the core has for a session's credential: asked for once, because reading a key takes a while.
 *
 * @param {Config} config
 * @param {boolean} renew Whether its key was lost
 */
function register(config, renew) {
  const { credential, known, subjectToken } = config;
  const emulator = config.endpoints ?? host.env("CLOUD_RUN_AUTH_EMULATOR");
  const file = credential ? "" : host.readFile && host.env("GOOGLE_APPLICATION_CREDENTIALS");
  const core = `${epoch} ${emulator} ${file}`;
  if (!renew && known?.[0] === core) return known[1];
  /** @type {any} */
  const terms = {
    ...config,
    file,
    function: isString(credential) ? "" : numberOf(credential),
    subjectToken: isString(subjectToken) ? subjectToken : numberOf(subjectToken),
    reach: host.readFile && (host.run && config.gcloud !== false ? 2 : 1),
  };
  const facts = TERMS.map((name) => noted(name, terms[name])).join("");
  const mark = isString(credential) ? "read" : credential ? "function" : "search";
  const [answer] = ask("c", renew, emulator, facts, mark, isString(credential) ? credential : "");
  config.known = [core, +answer];
  return +answer;
}

/** The number of a function; nothing where there is none. @param {any} given */
function numberOf(given) {
  if (!given) return "";
  const number = functions.get(given) ?? functionCount++;
  functions.set(given, number);
  return number;
}

/**
 * @param {Config} config
 * @param {string[]} what The credential's fingerprint, and what to sign
 * @param {AbortSignal} _signal
 * @param {string} operation
 * @returns {Promise<Outcome>}
 */
async function sign(config, [fingerprint, input], _signal, operation) {
  const { subtle } = crypto;
  if (!subtle) throw new Error("there is no WebCrypto here; in browsers it needs https");
  let key = keys.get(fingerprint);
  if (!key) {
    let der = askBytes("k", operation);
    if (!der.length && config.credential) {
      // The core forgot it when another session had it; this one still has the file.
      register(config, true);
      der = askBytes("k", operation);
    }
    key = await subtle.importKey("pkcs8", der, { name: ALGORITHM, hash: "SHA-256" }, false, ["sign"]);
    der.fill(0);
    keys.set(fingerprint, key);
    if (keys.size > MOST_KEYS) keys.delete(keys.keys().next().value ?? "");
  }
  ask("w", operation);
  const signature = new Uint8Array(await subtle.sign(ALGORITHM, key, encoder.encode(input)));
  return [
    btoa(String.fromCharCode(...signature))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", ""),
  ];
}

/**
 * @param {Config} config
 * @param {string[]} what Method, URL, milliseconds, files of a client certificate, body, and header by header name and value
 * @param {AbortSignal} signal
 * @returns {Promise<Outcome>}
 */
async function send(config, [method, url, timeout, certificate, body, ...pairs], signal) {
  const headers = [];
  while (pairs.length > 1) headers.push(pairs.splice(0, 2));
  const init = {
    __proto__: null,
    method,
    headers,
    body: body || undefined,
    redirect: "manual",
    signal: AbortSignal.any([signal, AbortSignal.timeout(+timeout)]),
  };
  const response = await (certificate
    ? able(host.fetchWith, "client certificates; Node has")(certificate.split("\n"), url, init)
    : fetchBy(config, url, init));
  // Whoever answers in the metadata server's place does not know of this header.
  if (headers[0]?.[0] === "metadata-flavor" && response.headers.get("metadata-flavor") !== "Google") throw new Error("it is not Google's");
  if (response.type === "opaqueredirect") throw new Error("it redirects, which credentials do not follow");
  const [date, after] = [Date.parse(response.headers.get("date") ?? ""), response.headers.get("retry-after") ?? ""];
  const retryAfter = /^\d+$/.test(after) ? +after * 1000 : Date.parse(after) - (date || Date.now());
  return [await textOf(response), response.status, date, retryAfter];
}

/** The text of an answer; of one that is too large, enough for the core to refuse it. @param {Response} response */
async function textOf({ body }) {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (reader && text.length <= LARGEST_ANSWER) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
  }
  reader?.cancel().catch(() => {});
  return text.slice(0, LARGEST_ANSWER + 1);
}

/**
 * @param {Config} config
 * @param {string[]} what The function's number, and nothing and the audience, 1 and the scopes, or 2 and the type and the audience of
 *   a subject token
 * @param {AbortSignal} signal
 * @returns {Promise<Outcome>}
 */
async function call({ credential, subjectToken }, [, access, wanted], signal) {
  const words = wanted.split(" ");
  const subject = access === "2";
  const need = subject ? { subjectTokenType: words[0], audience: words[1] } : access ? { scopes: words } : { audience: wanted };
  const given = await /** @type {Function} */ (subject ? subjectToken : credential)({ ...need, signal });
  if (isString(given)) return [given];
  const { token, expiresAt } = given ?? {};
  if (!isString(token) || !Number.isFinite(expiresAt)) throw new Error("it gave neither a token nor { token, expiresAt }");
  return [token, Math.max(1, expiresAt)];
}

/**
 * @param {Config} config
 * @param {string[]} what The path
 * @returns {Promise<Outcome>}
 */
async function read(config, [path]) {
  return [decoder.decode(await able(host.readFile, "files; use the option subjectToken")(path))];
}

/**
 * What not every host can do.
 *
 * @template T
 * @param {T | undefined} deed
 * @param {string} what
 * @returns {T}
 */
function able(deed, what) {
  if (!deed) throw new AuthError(UNABLE, `this runtime has no ${what}.`);
  return deed;
}

/**
 * @param {Config} config
 * @param {string[]} names
 * @returns {Promise<Outcome>}
 */
async function environment(config, names) {
  return [names.map((name) => noted(name, host.env(name))).join("")];
}

/** A fact in the core's own form. @param {string} name @param {unknown} [value] */
function noted(name, value = "") {
  return `\x01${name}\x02${String(value).replace(/[\0-\x1f\x7f]/g, "")}`;
}

/**
 * @param {Config} config
 * @param {string[]} what Milliseconds, command, and what to add to the environment
 * @param {AbortSignal} signal
 * @returns {Promise<Outcome>}
 */
async function runProgram(config, [timeout, command, ...variables], signal) {
  const words = Array.from(command.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, plain]) => quoted ?? plain);
  return [await able(host.run, "programs; use the option subjectToken")(words, variables, +timeout, signal)];
}

/**
 * The leaf, which is the first in its file, and the chain above it.
 *
 * @param {Config} config
 * @param {string[]} paths
 * @returns {Promise<Outcome>}
 */
async function readCertificates(config, [leaf, chain]) {
  /** @param {string} path */
  const found = async (path) => {
    const [text = ""] = await read(config, [path]);
    return Array.from(text.matchAll(/-BEGIN CERTIFICATE-+([^-]+)/g), ([, der]) => der.replace(/\s/g, ""));
  };
  const [first] = await found(leaf);
  if (!first) throw new Error("it holds no certificate");
  return [JSON.stringify([...new Set([first, ...(chain ? await found(chain) : [])])])];
}

/**
 * Waits until a flight has ended. Where there is nothing to wait for, looking again at once would leave no turn to whoever is to
 * end it.
 *
 * @param {Config} config
 * @param {string[]} what The flight's number
 * @returns {Promise<Outcome>}
 */
async function join(config, [flight]) {
  const followers = flights.get(+flight);
  await new Promise((wake) => (followers ? followers.push(wake) : setTimeout(wake, LOOK_EVERY)));
  return [];
}

/** @param {string[]} had Serial, refresh, expiry, key, token and the key that had to go. @returns {Slot | undefined} Nothing where the core knows of a token that is not here */
function keep(had) {
  const [, , , key, token, evicted] = had;
  slots.delete(evicted);
  const slot = slots.get(key) ?? /** @type {Slot} */ ({ key, token });
  if (token) slot.token = token;
  if (!slot.token) return undefined;
  slots.set(key, slot);
  return lease(slot, had);
}

/**
 * @param {Slot} slot
 * @param {string[]} fields Serial, refresh, expiry and what else there is
 */
function lease(slot, fields) {
  [slot.serial, slot.refreshAt, slot.expiresAt] = fields.map(Number);
  return slot;
}

/**
 * Leads another flight than before, 0 being none. Whoever followed the last one is woken.
 *
 * @param {number} before
 * @param {number} after
 */
function lead(before, after) {
  for (const wake of flights.get(before) ?? []) wake();
  flights.delete(before);
  if (after && !host.isolated) flights.set(after, []);
  return after;
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} signal Where it ends the wait, its own reason is what to throw
 * @returns {Promise<T>}
 */
function raced(promise, signal) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject();
    signal.addEventListener("abort", reject);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", reject));
  });
}

/** The deepest words, which say more than "fetch failed"; nothing where there are none. @param {any} thrown @returns {string} */
function reason(thrown) {
  return thrown instanceof Error ? reason(thrown.cause) || thrown.message || /** @type {any} */ (thrown).code || thrown.name : "";
}
