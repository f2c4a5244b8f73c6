// The one loop that awaits: it does what the core asks for, and tells the core what came of it. What is to be
// done, and when, and by whom, is the core's to say.
import { fromCore } from "./errors.js";
import { answer, ask, epoch, host, onRestart, ready } from "./core.js";

/**
 * A token that is had. Sessions that ask for the same hold the same slot; a refresh changes it in place.
 *
 * @typedef {object} Slot
 * @property {string} key
 * @property {number} serial
 * @property {string} token
 * @property {number} refreshAt
 * @property {number} expiresAt
 */

/** @typedef {{ access: boolean, wanted: string }} Target */
/** @typedef {import("./options.js").Config} Config */

/** What a step is: the end, the error, or what is to be done. */
const step = { had: "0", failed: "1", sign: "2", send: "3", read: "4", call: "5", join: "6" };
const event = { failed: 0, signed: 1, answered: 2, returned: 3, granted: 4, woken: 5 };
export const mode = { usual: 0, early: 1, forced: 2 };

/** The largest answer that is read; the core refuses it by its size. */
const LARGEST_ANSWER = 1024 * 1024;

/** Tokens by the core's key. They live here and not in the module, so that they outlive a restart. @type {Map<string, Slot>} */
const slots = new Map();
/** Keys that cannot be read out, by their credential's fingerprint. @type {Map<string, CryptoKey>} */
const keys = new Map();
/** What tells one credential function from another. @type {WeakMap<Function, number>} */
const functions = new WeakMap();
/** How to wake those who follow a flight. Not used where a request may not await another's promise. @type {Map<number, { ended: Promise<void>, end: () => void }>} */
const flights = new Map();
let functionCount = 0;
const nothing = new Uint8Array();
/** @param {string} text */
const encode = (text) => new TextEncoder().encode(text);

onRestart(() => {
  for (const flight of flights.values()) flight.end();
  flights.clear();
  for (const slot of slots.values()) {
    [slot.serial, slot.refreshAt, slot.expiresAt] = ask((core) => core.restore(slot.key, slot.expiresAt, Date.now(), performance.now())).split("\0", 3).map(Number);
  }
});

/**
 * A token for that target: one that is had, or a new one.
 *
 * @param {Config} config
 * @param {Target} target
 * @param {number} how One of `mode`
 * @param {AbortSignal | undefined} signal Ends the wait, and the exchange if nobody else leads it
 * @returns {Promise<Slot>}
 */
export async function acquire(config, target, how, signal) {
  await ready();
  signal?.throwIfAborted();
  for (;;) {
    const begun = epoch;
    const slot = await run(config, target, how, signal, () => epoch !== begun);
    if (slot) return slot;
  }
}

/**
 * Drops a token that a server would not have, unless it has been replaced since.
 *
 * @param {Slot} slot
 * @param {number} serial The token's
 */
export function invalidate(slot, serial) {
  if (slot.serial !== serial) return;
  slot.refreshAt = slot.expiresAt = 0;
  ask((core) => core.invalidate(slot.key, serial));
}

/**
 * @param {Config} config
 * @param {Target} target
 * @param {number} how
 * @param {AbortSignal | undefined} signal
 * @param {() => boolean} isStale Whether the core was started anew: then what it said before is void
 * @returns {Promise<Slot | undefined>} Nothing where all is to begin again
 */
async function run(config, target, how, signal, isStale) {
  let [kind, ...rest] = begin(config, target, how);
  let leads = 0;
  /** @type {unknown} */
  let cause;
  try {
    while (kind > step.failed) {
      const operation = +rest[0];
      leads = lead(leads, +rest[1]);
      const said = await happening(kind, rest.slice(2), config, signal);
      cause = said.cause ?? cause;
      if (isStale()) return undefined;
      [kind, ...rest] = ask((core) => core.step(operation, said.event, said.value ?? 0, said.date ?? 0, said.retryAfter ?? 0, said.bytes ?? nothing, Date.now(), performance.now())).split("\0");
      if (isStale()) return undefined;
    }
  } catch (thrown) {
    if (!isStale()) ask((core) => core.abandon(+rest[0]));
    throw thrown;
  } finally {
    lead(leads, 0);
  }
  if (kind === step.failed) {
    // It may be the credential that had to go for others'.
    config.known = undefined;
    throw fromCore(rest, cause);
  }
  return keep(rest) ?? acquire(config, target, mode.forced, signal);
}

/**
 * @param {Config} config
 * @param {Target} target
 * @param {number} how
 */
function begin(config, target, how) {
  const emulator = emulatorOf(config);
  const file = host.readFile ? (host.env("GOOGLE_APPLICATION_CREDENTIALS") ?? "") : "";
  const deadline = performance.now() + (config.timeout || 3_600_000);
  return ask((core) => {
    const credential = config.credential === undefined && !config.credentialFunction ? 0 : register(config, emulator, false);
    return core.begin(credential, file, target.access, target.wanted, config.allowedHosts, emulator, how, deadline, Date.now(), performance.now()).split("\0");
  });
}

/** @param {Config} config */
function emulatorOf({ emulator }) {
  return emulator ?? host.env("CLOUD_RUN_AUTH_EMULATOR") ?? "";
}

/**
 * The number that the core has for a session's own credential: asked for once, because reading a key takes a while.
 *
 * @param {Config} config
 * @param {string} emulator
 * @param {boolean} renew Whether its key was lost
 */
function register(config, emulator, renew) {
  const { credential = "", credentialFunction, allowedHosts, known } = config;
  if (!renew && known?.epoch === epoch && known.emulator === emulator) return known.number;
  if (credentialFunction && !functions.has(credentialFunction)) functions.set(credentialFunction, ++functionCount);
  const number = credentialFunction ? functions.get(credentialFunction) : 0;
  config.known = { number: +answer(ask((core) => core.register(credential, number ?? 0, allowedHosts, emulator, renew)))[0], epoch, emulator };
  return config.known.number;
}

/**
 * What the core is told of a step. What is left out is 0 or empty.
 *
 * @typedef {object} Said
 * @property {number} event
 * @property {number} [value]
 * @property {number} [date]
 * @property {number} [retryAfter]
 * @property {Uint8Array} [bytes]
 * @property {unknown} [cause]
 */

/**
 * Does what a step asks for.
 *
 * @param {string} kind
 * @param {string[]} what
 * @param {Config} config
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<Said>}
 */
async function happening(kind, what, config, signal) {
  try {
    if (kind === step.sign) return { event: event.signed, bytes: await raced(sign(config, what), signal) };
    if (kind === step.send) return await send(config, what, signal);
    if (kind === step.read) return { event: event.returned, bytes: await raced(/** @type {any} */ (host.readFile)(what[0]), signal) };
    if (kind === step.call) return await call(config, what, signal);
    if (host.isolated) await sleep(+what[1], signal);
    else await raced(flights.get(+what[0])?.ended ?? Promise.resolve(), signal);
    return { event: event.woken };
  } catch (thrown) {
    if (signal?.aborted) throw signal.reason;
    return { event: event.failed, bytes: encode(thrown instanceof Error ? reason(thrown) : "an unknown fault"), cause: thrown };
  }
}

/**
 * @param {Config} config
 * @param {string[]} what The credential's number and fingerprint, and what to sign
 */
async function sign(config, [number, fingerprint, input]) {
  if (!globalThis.crypto?.subtle) throw new Error("there is no WebCrypto (crypto.subtle) here; in browsers it needs https");
  const credential = +number;
  let key = keys.get(fingerprint);
  if (!key) {
    const der = ask((core) => core.privateKey(credential));
    // Where another's key had to go, the session still has its own.
    if (der.length === 0 && config.credential) register(config, emulatorOf(config), true);
    const again = der.length > 0 ? der : ask((core) => core.privateKey(credential));
    key = await crypto.subtle.importKey("pkcs8", /** @type {BufferSource} */ (again), { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, false, ["sign"]);
    again.fill(0);
    keys.set(fingerprint, key);
  }
  ask((core) => core.forgetPrivateKey(credential));
  return new Uint8Array(await crypto.subtle.sign("RSASSA-PKCS1-v1_5", key, encode(input)));
}

/**
 * @param {Config} config
 * @param {string[]} what Method, URL, milliseconds, body, and header by header name and value
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<Said>}
 */
async function send({ fetch }, [method, url, timeout, body, ...pairs], signal) {
  const limit = AbortSignal.timeout(+timeout);
  /** @type {[string, string][]} */
  const headers = [];
  for (let at = 0; at + 1 < pairs.length; at += 2) headers.push([pairs[at], pairs[at + 1]]);
  const init = { __proto__: null, method, headers, body: body || undefined, redirect: /** @type {const} */ ("manual"), signal: signal ? AbortSignal.any([signal, limit]) : limit };
  const response = await (fetch ? fetch(url, init) : globalThis.fetch(url, init));
  if (response.type === "opaqueredirect") throw new Error("it redirects, which credentials do not follow");
  const [date, after] = [Date.parse(response.headers.get("date") ?? ""), response.headers.get("retry-after") ?? ""];
  const retryAfter = /^\d+$/.test(after) ? +after * 1000 : Date.parse(after) - (date || Date.now());
  return { event: event.answered, value: response.status, date, retryAfter, bytes: await readAtMost(response, LARGEST_ANSWER + 1) };
}

/**
 * @param {Response} response
 * @param {number} most What is beyond is not read
 */
async function readAtMost(response, most) {
  /** @type {Uint8Array[]} */
  const chunks = [];
  let length = 0;
  const reader = response.body?.getReader();
  while (reader && length < most) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
  }
  if (length >= most) reader?.cancel().catch(() => {});
  const whole = new Uint8Array(Math.min(length, most));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk.subarray(0, most - at), at);
    at += chunk.length;
  }
  return whole;
}

/**
 * @param {Config} config
 * @param {string[]} what Whether it is an access token, and the scopes or the audience
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<Said>}
 */
async function call(config, [access, wanted], signal) {
  const need = { ...(access ? { scopes: wanted.split(" ") } : { audience: wanted }), signal: signal ?? new AbortController().signal };
  const given = await raced(Promise.resolve(/** @type {Function} */ (config.credentialFunction)(need)), signal);
  if (typeof given === "string") return { event: event.granted, bytes: encode(given) };
  const { token, expiresAt } = given ?? {};
  if (typeof token !== "string" || !Number.isFinite(expiresAt)) throw new Error("it returned neither a token nor { token, expiresAt }");
  return { event: event.granted, value: Math.max(1, expiresAt), bytes: encode(token) };
}

/** @param {string[]} had Serial, refresh, expiry, key, token and the key that had to go. @returns {Slot | undefined} Nothing where the core knows of a token that is not here */
function keep([serial, refreshAt, expiresAt, key, token, evicted]) {
  slots.delete(evicted);
  const known = slots.get(key);
  if (!token && !known) return undefined;
  const slot = Object.assign(known ?? { key, token }, { serial: +serial, refreshAt: +refreshAt, expiresAt: +expiresAt }, token && { token });
  slots.set(key, slot);
  return slot;
}

/**
 * Leads another flight than before, 0 being none. Whoever followed the last one is woken.
 *
 * @param {number} before
 * @param {number} after
 */
function lead(before, after) {
  flights.get(before)?.end();
  flights.delete(before);
  if (after && !host.isolated) {
    let end = () => {};
    const ended = /** @type {Promise<void>} */ (new Promise((resolve) => (end = resolve)));
    flights.set(after, { ended, end });
  }
  return after;
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<T>}
 */
function raced(promise, signal) {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/**
 * @param {number} ms
 * @param {AbortSignal | undefined} signal
 */
function sleep(ms, signal) {
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  const over = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
  return raced(over, signal).finally(() => clearTimeout(timer));
}

/** The first words that say more than "fetch failed". @param {any} thrown @returns {string} */
function reason(thrown) {
  const deeper = thrown.cause instanceof Error ? thrown.cause : undefined;
  return deeper?.message ? reason(deeper) : deeper?.code ?? (thrown.message || thrown.name);
}

