// A port, as a flag gives it.
import { Failure, usage } from "./failure.js";

/** @param {string} text */
export function readPort(text) {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw usage("--port is no number from 0 to 65535.");
  return Number(text);
}

/**
 * Begins to listen, or says why not.
 *
 * @param {import("node:net").Server} server
 * @param {number} port
 * @param {string} host
 * @returns {Promise<import("node:net").AddressInfo>}
 */
export function listening(server, port, host) {
  return new Promise((resolve, reject) => {
    server.once("error", (/** @type {NodeJS.ErrnoException} */ { code }) => {
      const why = { EADDRINUSE: "is taken", EACCES: "may not be used by this user", EADDRNOTAVAIL: "is not of this machine" }[code ?? ""];
      const what = code === "EADDRNOTAVAIL" ? `the address ${host}` : `port ${port}`;
      reject(
        new Failure(
          "port",
          `${what} ${why ?? `cannot be listened on (${code})`}. Choose another with --port, or any free one with --port 0.`,
        ),
      );
    });
    server.listen(port, host, () => resolve(/** @type {import("node:net").AddressInfo} */ (server.address())));
  });
}
