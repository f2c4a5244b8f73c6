/** @typedef {import("../index.js").LogEntry} LogEntry */

const MAX_ENTRIES = 10_000;

/** The list of requests, oldest first, and the way to add to it. */
export function createLog() {
  /** @type {LogEntry[]} */
  const entries = [];
  let count = 0;
  return {
    entries,
    clear: () => void (entries.length = 0),
    /**
     * Opens an entry when its request arrives, so that a request that is never answered shows up as well.
     *
     * @param {Pick<LogEntry, "time" | "endpoint" | "method" | "path" | "query">} request
     * @returns {LogEntry}
     */
    open(request) {
      const entry = { id: ++count, ...request, status: null, outcome: "pending" };
      entries.push(entry);
      if (entries.length > MAX_ENTRIES) entries.shift();
      return entry;
    },
  };
}
