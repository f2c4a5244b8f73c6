/** @typedef {import("./state.js").State} State */
/** @typedef {import("../index.js").LogEntry} LogEntry */
/** @typedef {Awaited<ReturnType<typeof readCall>>} Incoming */
/** @typedef {Incoming & { entry: LogEntry }} Call a request together with the log entry that its endpoint fills in */

/**
 * A request and what every endpoint wants to know about it.
 *
 * @param {State} state
 * @param {Request} request
 * @param {import("../index.js").RequestContext} [context]
 */
export function readCall(state, request, { rawTarget, clientCertificate } = {}) {
  const url = new URL(request.url);
  const target = rawTarget === undefined ? url.pathname + url.search : originForm(rawTarget);
  const mark = target.indexOf("?");
  return {
    state,
    request,
    /** DER. */
    clientCertificate,
    /** Path and query as received. */
    target,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? "" : target.slice(mark + 1),
    /** The origin the client used. */
    origin: url.origin,
    /** Origins that audiences may name: first where the emulator says it is. */
    origins: origins(state, url.origin),
  };
}

/**
 * @param {State} state
 * @param {string} used
 */
function origins(state, used) {
  if (state.origin === undefined) return [used];
  return state.pinned || state.origin === used ? [state.origin] : [state.origin, used];
}

/**
 * RFC 9112 section 3.2.2: a proxy's client sends a whole URL.
 *
 * @param {string} target
 */
function originForm(target) {
  const absolute = /^https?:\/\/[^/?#]*/i.exec(target);
  if (!absolute) return target;
  const rest = target.slice(absolute[0].length);
  return rest.startsWith("/") ? rest : `/${rest}`;
}
