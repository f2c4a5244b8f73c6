import { requireText } from "./check.js";

/** @typedef {{ caller: string, target: string }} Grant */

/** Who may make tokens for which service account: the role Service Account Token Creator. */
export function createImpersonation() {
  /** @type {Map<string, Set<string>>} */
  const callers = new Map();
  return {
    /** @param {Grant} grant */
    allow({ caller, target }) {
      requireText({ caller, target });
      callers.set(target, (callers.get(target) ?? new Set()).add(caller));
    },
    /** @param {Grant} grant */
    disallow({ caller, target }) {
      requireText({ caller, target });
      callers.get(target)?.delete(caller);
    },
    /** @param {Grant} grant */
    isAllowed({ caller, target }) {
      const allowed = callers.get(target);
      return allowed !== undefined && (allowed.has(caller) || allowed.has(wholePool(caller)));
    },
  };
}

/**
 * The set of all identities in a federated principal's pool.
 *
 * @param {string} principal
 */
function wholePool(principal) {
  return principal.replace(/^principal:(.*)\/subject\/.*$/s, "principalSet:$1/*");
}
