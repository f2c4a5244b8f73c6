import { htmlError } from "./answers.js";
import { readCall } from "./call.js";
import { CONTROL, control } from "./control.js";
import { allowAnyOrigin, isPreflight, preflight } from "./cors.js";
import { redactPath, redactQuery } from "./redact.js";
import { findRoute } from "./routes.js";
import { describeService } from "./service.js";
import { underFault } from "./under-fault.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./call.js").Incoming} Incoming */
/** @typedef {import("../index.js").LogEntry} LogEntry */

/**
 * Answers one request: finds its endpoint, injects a fault if one waits for it, and keeps the log.
 *
 * @param {import("../index.js").Emulator} emulator
 * @param {State} state
 * @param {Request} request
 * @param {import("../index.js").RequestContext} [context]
 */
export async function dispatch(emulator, state, request, context) {
  const incoming = readCall(state, request, context);
  if (state.control && incoming.path.startsWith(CONTROL)) {
    return finish(state, isPreflight(request) ? preflight(request) : await control(emulator, incoming));
  }

  const route = findRoute(request.method, incoming.path);
  const isQuestion = isPreflight(request);
  const entry = open(incoming, isQuestion ? "preflight" : (route?.endpoint ?? "none"));
  if (entry.endpoint === "service") entry.service = describeService(incoming);
  try {
    const response = isQuestion ? preflight(request) : await answer(incoming, entry, route);
    entry.status = response.status;
    if (entry.outcome === "pending") entry.outcome = "ok";
    return finish(state, response);
  } catch (error) {
    entry.outcome = request.signal?.aborted ? "the client went away" : `fault: ${entry.fault}`;
    throw error;
  } finally {
    state.onRequest?.(entry);
  }
}

/**
 * @param {Incoming} incoming
 * @param {LogEntry} entry
 * @param {import("./routes.js").Route | undefined} route
 */
async function answer(incoming, entry, route) {
  const normally = async () => {
    if (route) return route.answer({ ...incoming, entry });
    entry.outcome = "nothing is served here";
    return htmlError(404, "Not Found", "The requested URL was not found on this server.");
  };

  return underFault(incoming, entry, normally);
}

/**
 * @param {Incoming} incoming
 * @param {LogEntry["endpoint"]} endpoint
 */
function open({ state, request, path, query }, endpoint) {
  const time = Math.floor(state.clock.now());
  return state.log.open({ time, endpoint, method: request.method, path: redactPath(path), query: redactQuery(query) });
}

/**
 * @param {State} state
 * @param {Response} response
 */
function finish(state, response) {
  // A handler's response may be immutable.
  const finished = new Response(response.body, response);
  if (!finished.headers.has("date")) finished.headers.set("date", new Date(state.clock.now()).toUTCString());
  allowAnyOrigin(finished.headers);
  return finished;
}
