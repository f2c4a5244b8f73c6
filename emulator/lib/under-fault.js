import { inject, nameFault } from "./inject.js";

/**
 * Answers with the fault that waits for an endpoint, or normally.
 *
 * @param {import("./call.js").Incoming} incoming
 * @param {import("../index.js").LogEntry} entry
 * @param {() => Promise<Response>} normally
 */
export async function underFault({ state, request, target }, entry, normally) {
  // One request has one fault, also where its endpoint turns out to be a more special one.
  const fault = entry.fault === undefined ? state.faults.take(entry.endpoint, target) : undefined;
  if (!fault) return normally();
  entry.fault = nameFault(fault);
  const response = await inject(fault, request.signal, normally);
  entry.outcome = entry.outcome === "pending" ? `fault: ${entry.fault}` : `${entry.outcome} (and fault: ${entry.fault})`;
  return response;
}
