// The one loop that awaits: it does what the core asks for, and tells the core what came of it. What is to be
// done, and when, and by whom, is the core's to say.
import { fromCore } from "./errors.js";
import { ask, epoch, host, onRestart, ready } from "./core.js";

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

const [HAD, FAILED, SIGN, SEND, READ, CALL, JOIN] = [0, 1, 2, 3, 4, 5, 6];
const event = { failed: 0, signed: 1, answered: 2, returned: 3, granted: 4, woken: 5 };
export const mode = { usual: 0, early: 1, forced: 2 };

/** The largest answer that is read; the core refuses it by its size. */
const LARGEST_ANSWER = 1024 * 1024;

/** Tokens by the core's key. They live here and not in the module, so that they outlive a restart. @type {Map<string, Slot>} */
const slots = new Map();
/** Keys that cannot be read out, by their credential's fingerprint. @type {Map<string, CryptoKey>} */
const keys = new Map();
/** Fingerprints, by credential function. @type {WeakMap<Function, { number: number, epoch: number, fingerprint: string }>} */
const functions = new WeakMap();
/** How to wake those who follow a flight. Not used where a request may not await another's promise. @type {Map<number, { ended: Promise<void>, end: () => void }>} */
const flights = new Map();
let functionCount = 0;

onRestart((core) => {
  for (const flight of flights.values()) flight.end();
  flights.clear();
  for (const slot of slots.values()) {
    [slot.serial, slot.refreshAt, slot.expiresAt] = core.restore(slot.key, slot.expiresAt, Date.now(), performance.now());
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

/** @param {Slot} slot A token that a server would not have */
export function invalidate(slot) {
  slot.refreshAt = slot.expiresAt = 0;
  ask((core) => core.invalidate(slot.key, slot.serial));
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
  let step = begin(config, target, how);
  let leads = 0;
  /** @type {unknown} */
  let cause;
  try {
    while (step[0] > FAILED) {
      if (step[2] !== leads) leads = lead(leads, step[2]);
      const [kind, value, words, bytes, thrown] = await happening(step, config, signal);
      cause = thrown ?? cause;
      if (isStale()) return undefined;
      const operation = step[1];
      step = ask((core) => core.step(operation, kind, value, words, bytes, Date.now(), performance.now()));
      if (isStale()) return undefined;
    }
  } catch (thrown) {
    const operation = step[1];
    if (!isStale()) ask((core) => core.abandon(operation));
    throw thrown;
  } finally {
    lead(leads, 0);
  }
  if (step[0] === FAILED) throw fromCore(step[1], cause);
  return keep(step) ?? acquire(config, target, mode.forced, signal);
}

/**
 * @param {Config} config
 * @param {Target} target
 * @param {number} how
 * @returns {any[]}
 */
function begin(config, target, how) {
  const emulator = config.emulator ?? host.env("CLOUD_RUN_AUTH_EMULATOR") ?? "";
  const file = host.readFile ? (host.env("GOOGLE_APPLICATION_CREDENTIALS") ?? "") : "";
  const deadline = performance.now() + (config.timeout || 3_600_000);
  return ask((core) => {
    const credential = config.credentialFunction ? functionPrint(core, config.credentialFunction) : config.credential === undefined ? "" : core.register(config.credential, config.allowedHosts, emulator, false);
    return core.begin(credential, file, target.access, target.wanted, config.allowedHosts, emulator, how, deadline, Date.now(), performance.now());
  });
}

/**
 * @param {import("./wasm/session.js").Core} core
 * @param {Function} call
 */
function functionPrint(core, call) {
  const known = functions.get(call) ?? { number: ++functionCount, epoch: -1, fingerprint: "" };
  if (known.epoch !== epoch) {
    known.fingerprint = core.function(known.number);
    known.epoch = epoch;
    functions.set(call, known);
  }
  return known.fingerprint;
}

/**
 * Does what a step asks for.
 *
 * @param {any[]} step
 * @param {Config} config
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<[kind: number, value: number, words: string, bytes: Uint8Array, cause?: unknown]>}
 */
async function happening(step, config, signal) {
  const none = new Uint8Array();
  const [kind, , , first, second, third, fourth, fifth] = step;
  try {
    if (kind === SIGN) return [event.signed, 0, "", await raced(sign(config, first, second), signal)];
    if (kind === SEND) return await send(config, { method: first, url: second, headers: third, body: fourth, timeout: fifth }, signal);
    if (kind === READ) return [event.returned, 0, "", await raced(/** @type {any} */ (host.readFile)(first), signal)];
    if (kind === CALL) {
      const [token, expiresAt] = await call(config, second, third, signal);
      return [event.granted, expiresAt, token, none];
    }
    if (kind === JOIN && !host.isolated) await raced(flights.get(first)?.ended ?? Promise.resolve(), signal);
    else await sleep(kind === JOIN ? second : first, signal);
    return [event.woken, 0, "", none];
  } catch (thrown) {
    if (signal?.aborted) throw signal.reason;
    return [event.failed, 0, thrown instanceof Error ? reason(thrown) : "an unknown fault", none, thrown];
  }
}

/**
 * @param {Config} config
 * @param {string} fingerprint
 * @param {string} input
 */
async function sign(config, fingerprint, input) {
  if (!globalThis.crypto?.subtle) throw new Error("there is no WebCrypto (crypto.subtle) here; in browsers it needs https");
  let key = keys.get(fingerprint);
  if (!key) {
    const der = ask((core) => core.privateKey(fingerprint));
    if (!der) throw new Error("the key is not known any more");
    key = await crypto.subtle.importKey("pkcs8", /** @type {BufferSource} */ (der), { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, false, ["sign"]);
    der.fill(0);
    keys.set(fingerprint, key);
  }
  ask((core) => core.forgetPrivateKey(fingerprint));
  return new Uint8Array(await crypto.subtle.sign("RSASSA-PKCS1-v1_5", key, new TextEncoder().encode(input)));
}

/**
 * @param {Config} config
 * @param {{ method: string, url: string, headers: [string, string][], body: Uint8Array<ArrayBuffer> | undefined, timeout: number }} request
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<[number, number, string, Uint8Array]>}
 */
async function send({ fetch = globalThis.fetch }, { method, url, headers, body, timeout }, signal) {
  const limit = AbortSignal.timeout(timeout);
  /** @type {RequestInit} */
  const init = { method, headers, body, redirect: "manual", signal: signal ? AbortSignal.any([signal, limit]) : limit };
  const response = await fetch(url, Object.assign(Object.create(null), init));
  if (response.type === "opaqueredirect") throw new Error("it redirects, which credentials do not follow");
  const words = `${response.headers.get("date") ?? ""}\n${response.headers.get("retry-after") ?? ""}`;
  return [event.answered, response.status, words, await readAtMost(response, LARGEST_ANSWER + 1)];
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
 * @param {boolean} access
 * @param {string} wanted
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<[token: string, expiresAt: number]>}
 */
async function call(config, access, wanted, signal) {
  const need = { ...(access ? { scopes: wanted.split(" ") } : { audience: wanted }), signal: signal ?? new AbortController().signal };
  const given = await raced(Promise.resolve(/** @type {Function} */ (config.credentialFunction)(need)), signal);
  if (typeof given === "string") return [given, 0];
  const { token, expiresAt } = given ?? {};
  if (typeof token !== "string" || !Number.isFinite(expiresAt)) throw new Error("it returned neither a token nor { token, expiresAt }");
  return [token, Math.max(1, expiresAt)];
}

/** @param {any[]} step A token that is had. @returns {Slot | undefined} Nothing where the core knows of a token that is not here */
function keep([, key, serial, refreshAt, expiresAt, token, evicted]) {
  if (evicted !== undefined) slots.delete(evicted);
  const slot = slots.get(key);
  if (token === undefined) return slot;
  const fresh = Object.assign(slot ?? { key }, { serial, token, refreshAt, expiresAt });
  slots.set(key, fresh);
  return fresh;
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

