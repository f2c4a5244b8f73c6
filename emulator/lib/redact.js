const REDACTED = "[redacted]";
const SECRET_NAME = /auth|token|secret|cookie|key|assertion|passw|signature|^code$|^state$/i;
// Two parts are enough: an assertion cut off in the middle is still not for a log.
const JWT = /eyJ[\w-]+\.[\w-]+(\.[\w-]*)?/g;

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
 * A query for the log. All but the values of secrets stays as it came.
 *
 * @param {string} query
 */
export function redactQuery(query) {
  return redactText(query.replace(/([^&=]*)=[^&]*/g, (pair, name) => (isSecret(name) ? `${name}=${REDACTED}` : pair)));
}

/** @param {string} name as it stands in the query */
function isSecret(name) {
  try {
    return SECRET_NAME.test(decodeURIComponent(name));
  } catch {
    // What cannot be decoded cannot be told harmless.
    return true;
  }
}

/** @param {string} text */
export function redactText(text) {
  return text.replace(JWT, REDACTED);
}
