// What the machines of users' tokens and of logins ask a host to do: to send, to wait, to read and write records.
import { decoder, encoder } from "../core.js";
import { pause } from "../deadline.js";
import { send } from "../deeds.js";
import { isString } from "../options.js";

/** @typedef {import("../stores/index.d.ts").Store} Store */

/** @typedef {import("../stateless.js").Field} Field */
/**
 * What a machine is driven with. One without a store asks for none.
 *
 * @typedef {{ config: import("../options.js").Config, store?: Store, speed: number, signal: AbortSignal }} By
 */

/**
 * Does what the core asks for.
 *
 * @param {string} task
 * @param {string[]} what
 * @param {By} by
 * @returns {Promise<Field[]>} Event, value, date, retry after, text
 */
export async function deed(task, what, { config, store, speed, signal }) {
  if (task === "6") {
    await pause(+what[1] / speed, signal);
    return [6, 0, 0, 0, ""];
  }
  if (task === "3") {
    what[2] = String(Math.ceil(+what[2] / speed));
    const [text, status, date, retryAfter] = await send(config, what, signal);
    return [3, status, date, retryAfter, text];
  }
  if (!store) throw new Error("there is no store");
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
