import { decode, tryDecode } from "./decode.js";

const REDACTED = "[redacted]";
const SECRET_NAME = /auth|token|secret|cookie|key|assertion|passw|signature|^code$|^state$|^upload_id$/i;
// Two parts are enough: an assertion cut off in the middle is still not for a log.
const JWT = /eyJ[\w-]+\.[\w-]+(\.[\w-]*)?/g;
// What has a form of its own: Google's access and refresh tokens and client secrets, this emulator's request tokens for GitHub's jobs,
// AWS's session tokens and signatures.
const OPAQUE = /ya29\.[\w.-]+|\b1\/\/[\w-]{20,}|\bGOCSPX-[\w-]+|\bghr_[\w-]+|\bIQoJ[\w+/=]+|(?<=Signature=)[0-9a-f]{8,}/g;

/**
 * Headers for the log: which credentials came, and of which scheme, but not the credentials.
 *
 * @param {Headers} headers
 */
export function redactHeaders(headers) {
  /** @type {Record<string, string>} */
  const safe = {};
  for (const [name, value] of headers) {
    if (!SECRET_NAME.test(name)) safe[name] = redactText(value);
    else {
      const scheme = /^(bearer|basic|digest) /i.exec(value);
      safe[name] = (scheme ? scheme[0] : "") + REDACTED;
    }
  }
  return safe;
}

/**
 * A path for the log. Names in it may be encoded.
 *
 * @param {string} path
 */
export function redactPath(path) {
  return redactText(path).replace(/[^/]*%[^/]*/g, (name) => (redactText(decode(name)) === decode(name) ? name : REDACTED));
}

/**
 * A query for the log. All but secrets stays as it came.
 *
 * @param {string} query
 */
export function redactQuery(query) {
  return redactText(query.replace(/([^&=]*)=([^&]*)/g, (pair, name, value) => (isSecret(name, value) ? `${name}=${REDACTED}` : pair)));
}

/**
 * @param {string} name as it stands in the query
 * @param {string} value
 */
function isSecret(name, value) {
  const meant = decode(value);
  const called = tryDecode(name);
  // A name that cannot be decoded cannot be told harmless.
  return called === undefined || SECRET_NAME.test(called) || redactText(meant) !== meant;
}

/** @param {string} text */
export function redactText(text) {
  return text.replace(JWT, REDACTED).replace(OPAQUE, REDACTED);
}
