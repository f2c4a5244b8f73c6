// Which headers go on, in the order and the spelling that they came in.

/** RFC 9110, section 7.6.1: what is for the next hop alone. */
const HOP = ["connection", "proxy-connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];
/** What is between the client and a proxy, and what this proxy has answered itself. */
const OURS = ["host", "proxy-authorization", "expect"];

/**
 * A request's, for the service.
 *
 * @param {import("node:http").IncomingMessage} request
 * @param {URL} target
 * @param {Record<string, string>} bearer
 * @param {string} [upgrade]
 * @returns {string[]} Names and values by turns
 */
export function onward(request, target, bearer, upgrade) {
  const { rawHeaders, headers, method = "" } = request;
  const taken = Object.keys(bearer);
  // The token is the proxy's to send: one of the client's would stand beside it.
  const empty = hasBody(request) ? [] : ["content-length"];
  const kept = passed(rawHeaders, [...OURS, ...empty, ...taken, "x-serverless-authorization"]);
  const chunked = headers["transfer-encoding"] !== undefined;
  return [
    ...["host", target.host, ...kept, ...Object.entries(bearer).flat()],
    ...(chunked ? ["transfer-encoding", "chunked"] : []),
    // Or else Node would send an empty body in chunks.
    ...(!hasBody(request) && ["POST", "PUT", "PATCH"].includes(method) ? ["content-length", "0"] : []),
    ...(upgrade ? ["connection", "Upgrade", "upgrade", upgrade] : []),
  ];
}

/**
 * An answer's, for the client. A redirect to the service leads back through the proxy.
 *
 * @param {import("node:http").IncomingMessage} answer
 * @param {URL} target
 * @param {string} own The proxy's origin, as the client calls it
 */
export function back({ rawHeaders }, target, own) {
  const kept = passed(rawHeaders, []);
  const prefix = `${target.origin}${target.pathname.replace(/\/+$/, "")}`;
  for (let i = 0; i < kept.length; i += 2) {
    const after = kept[i + 1].startsWith(prefix) ? kept[i + 1].slice(prefix.length) : undefined;
    if (/^location$/i.test(kept[i]) && after !== undefined && /^([/?#]|$)/.test(after)) kept[i + 1] = own + after;
  }
  return kept;
}

/** @param {import("node:http").IncomingMessage} request */
export function hasBody({ headers }) {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** @param {string[]} raw @param {string[]} left Names that do not go on, beside those of the hop */
function passed(raw, left) {
  const drop = new Set([...HOP, ...left]);
  for (let i = 0; i < raw.length; i += 2)
    if (/^connection$/i.test(raw[i])) for (const name of raw[i + 1].split(",")) drop.add(name.trim().toLowerCase());
  /** @type {string[]} */
  const kept = [];
  for (let i = 0; i < raw.length; i += 2) if (!drop.has(raw[i].toLowerCase())) kept.push(raw[i], raw[i + 1]);
  return kept;
}
