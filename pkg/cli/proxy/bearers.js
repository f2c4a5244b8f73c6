// The token of each request that is forwarded, in the header that is free for it.
import { createSession } from "../../runtime/node.js";

/** How long a token is left alone that was had because the service would not take the one before. */
const PAUSE_MS = 60_000;

/**
 * @param {URL} target
 * @param {import("../../index.d.ts").SessionOptions} options
 */
export function bearers(target, options) {
  const session = createSession(target, options);
  const beside = session.extend({ authorizationHeader: "x-serverless-authorization" });
  let doubted = false;
  let renewedAt = -Infinity;
  return {
    /**
     * @param {boolean} hasOwn Whether the client authorizes itself: what it sends is the service's to read
     * @returns {Promise<Record<string, string>>}
     */
    async headers(hasOwn) {
      const forceRefresh = doubted && performance.now() - renewedAt > PAUSE_MS;
      if (forceRefresh) renewedAt = performance.now();
      doubted = false;
      return (hasOwn ? beside : session).authorizationHeaders({ forceRefresh });
    },
    /** The service did not take the last one (401): the next one is new. */
    doubt() {
      doubted = true;
    },
  };
}
