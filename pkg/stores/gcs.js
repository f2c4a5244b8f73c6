// Records as objects of Cloud Storage. An object's generation is its version: it never comes again, also where one was deleted.
// The package by its name, so that each runtime comes in by its own door.
import { createSession } from "cloud-run-auth";
import { decoder, encoder, host } from "../core.js";
import { pause, within } from "../deadline.js";
import { timesOf } from "../deeds.js";
import { AuthError } from "../errors.js";
import { bare, checked, invalid, isString, readRetry } from "../options.js";
import { bytesOf, isNoObject, refused } from "./gcs-answers.js";
import { objectOf, readBucket, readPrefix } from "./gcs-names.js";

export { parseGcsLocation } from "./gcs-names.js";

/** @typedef {import("../index.js").Session} Session */
/** @typedef {AbortSignal | undefined} Signal */

const SCOPE = "https://www.googleapis.com/auth/devstorage.read_write";
const LONGEST_VALUE = 65_536;
const TIMEOUT = 30_000;
/** How often a write of an object that is written too often is sent, and the longest wait before the second time. */
const BUSY = { attempts: 5, delay: 1000 };
/** How often a record that changes while it is read is read again. */
const READS = 5;

/** @type {typeof import("./gcs.js").gcsStore} */
export function gcsStore(options) {
  return new GcsStore(options);
}

class GcsStore {
  /** @type {string} */ #bucket;
  /** @type {string} */ #prefix;
  /** @type {number | false} */ #timeout;
  /** @type {number[]} */ #busy;
  /** @type {(api: string | URL) => Session} */ #open;
  /** @type {Session} */ #session;
  /** Whether the environment has been asked for an emulator, or has no say. */ #settled;

  /** @param {any} options */
  constructor(options) {
    const { bucket, prefix, apiEndpoint, scopes = [SCOPE], timeout = TIMEOUT, retry, ...given } = bare("options", options);
    for (const name of ["audience", "joinUrl"]) if (name in given) throw invalid(`a store has no option ${name}.`);
    this.#bucket = readBucket(bucket);
    this.#prefix = readPrefix(prefix);
    this.#timeout = checked("timeout", timeout);
    this.#busy = readRetry(checked("retry", retry), BUSY).times;
    // Of what may have been done although no answer came, the caller has to find out: only reads are sent again by the session.
    const retried = retry === false ? false : { ...retry, methods: ["GET"] };
    // The time for one read or write is kept here. The names of objects are encoded as they have to be, and a session's own rule for
    // paths would refuse those that look like ways up.
    const settings = { ...given, scopes, retry: retried, timeout: false };
    this.#open = (api) => createSession(api, { ...settings, joinUrl: (base, path) => base.origin + path });
    const said = apiEndpoint ?? given.endpoints;
    this.#settled = said !== undefined;
    this.#session = this.#open(said ?? `https://storage.${given.universeDomain ?? "googleapis.com"}`);
  }

  /** @param {string} key */
  async read(key) {
    const object = objectOf(this.#prefix, key);
    return this.#during("reading", object, async (signal) => {
      const response = await this.#get(object, { alt: "media" }, signal);
      if (!response) return null;
      const { headers } = response;
      const [version, modified] = [headers.get("x-goog-generation"), headers.get("last-modified")];
      if (isVersion(version) && modified) return this.#record(object, response, version, modified);
      response.body?.cancel().catch(() => {});
      return this.#readInTwo(object, signal);
    });
  }

  /** @param {string} key @param {Uint8Array} value @param {string | null} expected */
  async write(key, value, expected) {
    const object = objectOf(this.#prefix, key);
    if (!isBytes(value) || value.length > LONGEST_VALUE)
      throw invalid(`a value of the store is not a Uint8Array of up to ${LONGEST_VALUE} bytes.`);
    const condition = expected === null ? "0" : readVersion(expected);
    const [type, body] = inTwoParts({ name: object, contentType: "application/json", cacheControl: "no-store" }, value);
    return this.#during("writing", object, async (signal) => {
      const searchParams = { uploadType: "multipart", ifGenerationMatch: condition, fields: "generation" };
      const init = { searchParams, headers: { "content-type": type }, body, signal };
      const response = await this.#unlessBusy(signal, (session) => session.post(`/upload/storage/v1/b/${this.#bucket}/o`, init));
      if (response.status === 412) return cancelled(response, /** @type {const} */ ("conflict"));
      if (!response.ok) throw await refused(response, "writing", this.#shown(object));
      const { generation } = await jsonOf(response);
      if (isVersion(generation)) return { version: generation };
      throw unknown(`writing ${this.#shown(object)}: the answer names no generation. It may have been written: read it.`);
    });
  }

  /** @param {string} key @param {string} expected */
  async delete(key, expected) {
    const object = objectOf(this.#prefix, key);
    const searchParams = { ifGenerationMatch: readVersion(expected) };
    return this.#during("deleting", object, async (signal) => {
      const response = await this.#unlessBusy(signal, (session) => session.delete(this.#path(object), { searchParams, signal }));
      if (response.status === 412 || (await isNoObject(response))) return cancelled(response, /** @type {const} */ ("conflict"));
      if (!response.ok) throw await refused(response, "deleting", this.#shown(object));
      return cancelled(response, /** @type {const} */ (true));
    });
  }

  /**
   * A record in two requests, of which the second names the version: browsers show a page only some headers of an answer.
   *
   * @param {string} object
   * @param {Signal} signal
   */
  async #readInTwo(object, signal) {
    for (let tried = 0; tried < READS; tried++) {
      const described = await this.#get(object, { fields: "generation,updated" }, signal);
      if (!described) return null;
      const { generation, updated } = await jsonOf(described);
      if (!isVersion(generation) || !isString(updated)) break;
      const response = await this.#get(object, { alt: "media", generation }, signal);
      if (response) return this.#record(object, response, generation, updated);
    }
    throw unknown(`reading ${this.#shown(object)}: it changed each time, or the answer named no generation. Try again later.`);
  }

  /**
   * @param {string} object
   * @param {Response} response
   * @param {string} version
   * @param {string} written
   */
  async #record(object, response, version, written) {
    const [serverNow] = timesOf(response);
    const writtenAt = Date.parse(written);
    if (Number.isNaN(serverNow - writtenAt))
      throw unknown(`reading ${this.#shown(object)}: the answer does not say what time it is there.`);
    const value = await bytesOf(response, LONGEST_VALUE);
    if (value.length <= LONGEST_VALUE) return { value, version, writtenAt, serverNow };
    throw new AuthError("store_refused", `reading ${this.#shown(object)}: it is larger than any record. Is the key another program's?`);
  }

  /**
   * An answer that is good; none where there is no such object.
   *
   * @param {string} object
   * @param {Record<string, string>} searchParams
   * @param {Signal} signal
   */
  async #get(object, searchParams, signal) {
    const response = await this.#connected().get(this.#path(object), { searchParams, signal });
    if (response.ok) return response;
    if (await isNoObject(response)) return cancelled(response, undefined);
    throw await refused(response, "reading", this.#shown(object));
  }

  /**
   * Sends what was certainly not done because its object is written too often again, after a while.
   *
   * @param {Signal} signal
   * @param {(session: Session) => Promise<Response>} send
   */
  async #unlessBusy(signal, send) {
    const [attempts, delay, longest] = this.#busy;
    for (let tried = 1; ; tried++) {
      const response = await send(this.#connected());
      if (response.status !== 429 || tried >= attempts) return response;
      const wait = Math.random() * Math.min(longest, delay * 2 ** (tried - 1));
      const [, asked] = timesOf(response);
      await pause(Math.max(wait, asked || 0), cancelled(response, signal));
    }
  }

  /**
   * @template T
   * @param {string} what
   * @param {string} object
   * @param {(signal: Signal) => Promise<T>} act
   */
  async #during(what, object, act) {
    return within(this.#timeout, undefined, async (signal) => {
      try {
        return await act(signal);
      } catch (thrown) {
        if (thrown instanceof AuthError || signal?.aborted) throw thrown;
        const more = what === "reading" ? "Try again later." : "It may have been done: read it.";
        throw Object.assign(unknown(`${what} ${this.#shown(object)}: the connection failed. ${more}`), { cause: thrown });
      }
    });
  }

  /** The session, which goes to an emulator where the environment says so and nothing else does. */
  #connected() {
    const emulator = this.#settled ? undefined : host.env("CLOUD_RUN_AUTH_EMULATOR");
    this.#settled = true;
    return (this.#session = emulator ? this.#open(emulator) : this.#session);
  }

  /** @param {string} object */
  #path(object) {
    return `/storage/v1/b/${this.#bucket}/o/${encodeURIComponent(object)}`;
  }

  /** @param {string} object */
  #shown(object) {
    return `gs://${this.#bucket}/${object}`;
  }
}

/**
 * A body of multipart/related (RFC 2387): what describes an object, and its bytes.
 *
 * @param {object} description
 * @param {Uint8Array} value
 * @returns {[contentType: string, body: Uint8Array<ArrayBuffer>]}
 */
function inTwoParts(description, value) {
  // Nobody who wrote the value knew it.
  const boundary = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const type = "content-type: application/json";
  const before = encoder.encode(`--${boundary}\r\n${type}\r\n\r\n${JSON.stringify(description)}\r\n--${boundary}\r\n${type}\r\n\r\n`);
  const after = encoder.encode(`\r\n--${boundary}--\r\n`);
  const body = new Uint8Array(before.length + value.length + after.length);
  body.set(before);
  body.set(value, before.length);
  body.set(after, before.length + value.length);
  return [`multipart/related; boundary=${boundary}`, body];
}

/** What JSON an answer is; an empty object where it is none. @param {Response} response */
async function jsonOf(response) {
  const text = decoder.decode(await bytesOf(response, LONGEST_VALUE));
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/**
 * A value, once the rest of the answer has been let go.
 *
 * @template T
 * @param {Response} response
 * @param {T} value
 */
function cancelled(response, value) {
  response.body?.cancel().catch(() => {});
  return value;
}

/** @param {unknown} version @returns {string} */
function readVersion(version) {
  if (isVersion(version)) return version;
  throw invalid("the expected version is none that this store gave.");
}

/** A generation, which is an int64. 0 would say that there is no object. @param {unknown} version @returns {version is string} */
function isVersion(version) {
  return isString(version) && /^[1-9]\d{0,18}$/.test(version);
}

/** Of any realm. @param {any} value */
function isBytes(value) {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]";
}

/** @param {string} message */
function unknown(message) {
  return new AuthError("store_unavailable", message, true);
}
