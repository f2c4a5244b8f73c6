// What the core asks a host to do for a token: sign, send, read, call, run. Waiting for another's exchange is the driver's.
import { ask, askBytes, decoder, encoder, fetchBy, host } from "./core.js";
import { keepAmong, noted, register } from "./credential.js";
import { within } from "./deadline.js";
import { isString } from "./options.js";

/** @typedef {import("./options.js").Config} Config */
/** A host is asked for nothing that it says it lacks. @typedef {Required<import("./core.js").Host>} Able */

/**
 * What came of it: text, value, date and retry after; what is left out is 0 or empty.
 *
 * @typedef {[text?: string, value?: number, date?: number, retryAfter?: number]} Outcome
 */

/** The largest answer that is read; the core refuses it by its size. */
const LARGEST_ANSWER = 2 ** 20;

const ALGORITHM = "RSASSA-PKCS1-v1_5";

/** Keys that cannot be read out, by their credential's fingerprint. @type {Map<string, CryptoKey>} */
const keys = new Map();

/**
 * @param {Config} config
 * @param {string[]} what The credential's fingerprint, and what to sign
 * @param {AbortSignal} _signal
 * @param {string} operation
 * @returns {Promise<Outcome>}
 */
export async function sign(config, [fingerprint, input], _signal, operation) {
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
    keepAmong(keys, fingerprint, key);
  }
  ask("w", operation);
  return [base64url(new Uint8Array(await subtle.sign(ALGORITHM, key, encoder.encode(input))))];
}

/** @param {Uint8Array} bytes */
export function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/**
 * @param {Config} config
 * @param {string[]} what Method, URL, milliseconds, files of a client certificate, body, and header by header name and value
 * @param {AbortSignal} signal
 * @returns {Promise<Outcome>}
 */
export async function send(config, [method, url, timeout, certificate, body, ...pairs], signal) {
  /** @type {string[][]} */
  const headers = [];
  while (pairs.length) headers.push(pairs.splice(0, 2));
  // Not every fetch of a caller's heeds a signal.
  return within(+timeout, signal, async (limit) => {
    const init = { __proto__: null, method, headers, body: body || undefined, redirect: "manual", signal: limit };
    const response = await (certificate
      ? /** @type {Able} */ (host).fetchWith(certificate.split("\n"), url, init)
      : fetchBy(config, url, init));
    // Whoever answers in the metadata server's place does not know of this header.
    if (headers[0]?.[0] === "metadata-flavor" && response.headers.get("metadata-flavor") !== "Google")
      throw new Error("it is not Google's");
    if (response.type === "opaqueredirect") throw new Error("it redirects, which credentials do not follow");
    // Each time it is unpacked a small answer may become a large one.
    if (response.headers.get("content-encoding")?.includes(",")) throw new Error("it is encoded more than once");
    return [await textOf(response), response.status, ...timesOf(response)];
  });
}

/**
 * What the server's clock said, and for how long it wants to be left alone; NaN where it did not say.
 *
 * @param {Response} response
 * @returns {[date: number, retryAfter: number]}
 */
export function timesOf({ headers }) {
  const [date, after] = [Date.parse(headers.get("date") ?? ""), headers.get("retry-after") ?? ""];
  return [date, /^\d+$/.test(after) ? Math.min(+after * 1000, 1e15) : Date.parse(after) - (date || Date.now())];
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
export async function call({ credential, subjectToken }, [, access, wanted], signal) {
  const words = wanted.split(" ");
  const subject = access === "2";
  const need = subject ? { subjectTokenType: words[0], audience: words[1] } : access ? { scopes: words } : { audience: wanted };
  const given = await /** @type {Function} */ (subject ? subjectToken : credential)({ ...need, signal });
  if (isString(given)) return [given];
  const { token, expiresAt } = given ?? {};
  if (!isString(token) || !Number.isFinite(expiresAt)) throw new Error("it gave neither a token nor { token, expiresAt }");
  // In digits, which numbers from 1e21 on are not written in.
  return [token, Math.min(Math.max(1, expiresAt), 1e15)];
}

/**
 * @param {Config} config
 * @param {string[]} what The path
 * @returns {Promise<Outcome>}
 */
export async function read(config, [path]) {
  return [decoder.decode(await /** @type {Able} */ (host).readFile(path))];
}

/**
 * @param {Config} config
 * @param {string[]} names
 * @returns {Promise<Outcome>}
 */
export async function readVariables(config, names) {
  // In Vercel's functions the token comes with each request; in builds, and on people's machines, it is a variable.
  const context = /** @type {any} */ (globalThis)[Symbol.for("@vercel/request-context")]?.get?.();
  return [names.map((name) => noted([name, host.env(name)])).join("") + noted(["vercel", context?.headers?.["x-vercel-oidc-token"]])];
}

/**
 * @param {Config} config
 * @param {string[]} what Milliseconds, command, and what to add to the environment
 * @param {AbortSignal} signal
 * @returns {Promise<Outcome>}
 */
export async function runProgram(config, [timeout, command, ...variables], signal) {
  // A word may hold quoted parts; quotes around the whole of it are not its own.
  const words = (command.match(/(?:[^\s"]|"[^"]*")+/g) ?? []).map((word) => word.replace(/^"([^"]*)"$/, "$1"));
  return [await /** @type {Able} */ (host).run(words, variables, +timeout, signal)];
}

/**
 * The leaf, which is the first in its file, and the chain above it.
 *
 * @param {Config} config
 * @param {string[]} paths
 * @returns {Promise<Outcome>}
 */
export async function readCertificates(config, [leaf, chain]) {
  /** @param {string} path */
  const found = async (path) => {
    const [text = ""] = await read(config, [path]);
    return Array.from(text.matchAll(/-BEGIN CERTIFICATE-+([^-]+)/g), ([, der]) => der.replace(/\s/g, ""));
  };
  const [first] = await found(leaf);
  if (!first) throw new Error("it holds no certificate");
  return [JSON.stringify([...new Set([first, ...(chain ? await found(chain) : [])])])];
}
