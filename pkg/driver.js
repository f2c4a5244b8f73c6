// The one loop that awaits: it does what the core asks for, and tells the core what came of it. What is to be
// done, and when, and by whom, is the core's to say.
import { ask, coreFailed, epoch, host, onRestart, ready, tell } from "./core.js";
import { forget, keepAmong, register, rotations } from "./credential.js";
import { pause, raced } from "./deadline.js";
import { call, read, readCertificates, readVariables, runProgram, send, sign } from "./deeds.js";
import { isString } from "./options.js";

/**
 * A token that is had. Sessions that ask for the same hold the same slot; a refresh changes it in place.
 *
 * @typedef {object} Slot
 * @property {string} key
 * @property {number} serial
 * @property {string} token
 * @property {number} refreshAt
 * @property {number} expiresAt
 * @property {number} apart How far apart the two clocks were when it was had
 * @property {string} quota The project that the credential's file wants to pay
 */

/** Whether it is an access token, and its scopes or audience. @typedef {[access: boolean, wanted: string]} Target */
/** @typedef {import("./options.js").Config} Config */

/**
 * What the core may ask for, by the kind of step; 0 is the end. That it was done is told by the same number, that it failed by 1.
 *
 * @type {Record<string, (config: Config, what: string[], signal: AbortSignal, operation: string) => Promise<import("./deeds.js").Outcome>>}
 */
const deeds = { 2: sign, 3: send, 4: read, 5: call, 6: join, 7: readVariables, 8: runProgram, 9: readCertificates };
/** How a token is asked for: as it comes, before the one that is had ends, or new in any case. */
export const USUAL = 0;
export const EARLY = 1;
export const FORCED = 2;

/** Tokens by the core's key. They live here and not in the module, so that they outlive a restart. @type {Map<string, Slot>} */
const slots = new Map();
/** What wakes those who follow a flight. Not used where a request may not await another's promise. @type {Map<number, Array<(value?: unknown) => void>>} */
const flights = new Map();

onRestart(() => {
  for (const number of flights.keys()) lead(number, 0);
  const all = [...slots.values()];
  // One at which the core traps is lost with those behind it, so that the next core begins.
  slots.clear();
  for (const slot of all) {
    // The next core counts from one again.
    slot.serial = 0;
    slots.set(slot.key, lease(slot, tell("o", slot.expiresAt, slot.key)));
  }
});

/**
 * A token for that target: one that is had, or a new one.
 *
 * @param {Config} config
 * @param {Target} target
 * @param {number} how USUAL, EARLY or FORCED
 * @param {number} ends When the caller gives up, by the monotonic clock
 * @param {AbortSignal} [signal] Ends the wait, and the exchange if nobody else leads it
 * @param {import("./options.js").Retry} [retry]
 * @returns {Promise<Slot>}
 */
export async function acquire(config, target, how, ends, signal = new AbortController().signal, retry = config.retry) {
  await ready();
  signal.throwIfAborted();
  for (let tries = 3; tries;) {
    const slot = await run(config, target, how, ends, signal, retry);
    if (slot) return slot;
    if (slot !== null) tries--;
    // Another call's trap is not held against this one. There may be more to come: whoever began anew at each would be late for all.
    else await pause(25, signal);
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
 * @param {number} ends
 * @param {AbortSignal} signal
 * @param {import("./options.js").Retry} retry
 * @returns {Promise<Slot | undefined | null>} Nothing where all is to begin again, null where it is another call's trap
 */
async function run(config, target, how, ends, signal, retry) {
  /** @type {number | undefined} */
  let begun;
  /** Whether the core was started anew: then what it said before is void. */
  const isStale = () => epoch !== begun;
  /** @type {string | undefined} */
  let operation;
  let leads = 0;
  try {
    const [access, wanted] = target;
    let [kind, ...rest] = ask("g", ends, register(config, false), access, how, ...retry.times, wanted);
    // Not before: a trap on the way is none of this call's.
    begun = epoch;
    while (kind !== "0") {
      operation = rest[0];
      leads = lead(leads, +rest[1]);
      let event = kind;
      /** @type {unknown} */
      let cause;
      const [text, value, date, retryAfter] = await raced(deeds[kind](config, rest.slice(2), signal, operation), signal).catch((thrown) => {
        signal.throwIfAborted();
        event = "1";
        cause = thrown;
        return [`${reason(thrown) || "an unknown fault"}`.replace(/\.$/, ""), thrown?.transient];
      });
      if (isStale()) return event === kind ? null : undefined;
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
    leads = lead(leads, 0);
    const rotated = rest[7];
    if (rotated) {
      if (isString(config.credential)) keepAmong(rotations, config.credential, rotated);
      if (rotated !== config.told) {
        config.told = rotated;
        await config.onRefreshToken?.(rotated);
      }
    }
    return slot ?? (await acquire(config, target, FORCED, ends, signal, retry));
  } catch (/** @type {any} */ thrown) {
    if (!isStale()) ask("a", operation);
    config.told = undefined;
    // It may be the credential that had to go, for others' or with another session.
    if (thrown?.code === "core_failed" && thrown.transient) return (config.known = undefined);
    throw thrown;
  } finally {
    lead(leads, 0);
    // Its last calls may have told the core anew.
    if (config.forgotten) forget(config);
  }
}

/**
 * Waits until a flight has ended. Where there is nothing to wait for, looking again at once would leave no turn to whoever is to
 * end it.
 *
 * @param {Config} config
 * @param {string[]} what The flight's number, 0 for none, and milliseconds
 * @param {AbortSignal} signal
 * @returns {Promise<import("./deeds.js").Outcome>}
 */
async function join(config, [flight, ms], signal) {
  const followers = flights.get(+flight);
  await (followers ? new Promise((wake) => followers.push(wake)) : pause(+ms, signal));
  return [];
}

/** @param {string[]} had Serial, refresh, expiry, key, token, the key that had to go, and who is to pay. @returns {Slot | undefined} Nothing where the core knows of a token that is not here */
function keep(had) {
  const [, , , key, token, evicted, quota] = had;
  slots.delete(evicted);
  const slot = slots.get(key) ?? /** @type {Slot} */ ({ key, token });
  if (token) slot.token = token;
  if (!slot.token) return undefined;
  slot.quota = quota;
  slots.set(key, slot);
  return lease(slot, had);
}

/**
 * @param {Slot} slot
 * @param {string[]} fields Serial, refresh, expiry and what else there is
 */
function lease(slot, fields) {
  if (slot.serial !== +fields[0]) slot.apart = Date.now() - performance.now();
  [slot.serial, slot.refreshAt, slot.expiresAt] = fields.map(Number);
  return slot;
}

/**
 * The time, for what a slot says of it: by the clock that says more, as in the core. One may have been set back, the other may
 * have stood still.
 *
 * @param {Slot} slot
 */
export function timeFor({ apart }) {
  return Math.max(Date.now(), performance.now() + apart);
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

/** The deepest words, which say more than "fetch failed"; nothing where there are none. @param {any} thrown @returns {string} */
function reason(thrown, depth = 9) {
  return thrown instanceof Error && depth
    ? reason(thrown.cause, depth - 1) || thrown.message || /** @type {any} */ (thrown).code || thrown.name
    : "";
}
