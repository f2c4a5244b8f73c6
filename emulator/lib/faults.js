/** @typedef {import("../index.js").Fault} Fault */

/** @typedef {(value: unknown) => boolean} Check */

/** @type {Check} */
const isText = (value) => typeof value === "string";
/** @type {Check} */
const isFlag = (value) => typeof value === "boolean";
/** @type {Check} */
const isDuration = (value) => typeof value === "number" && Number.isFinite(value) && value >= 0;
/** @type {Check} */
const isStatus = (value) => Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599;
/** @type {Check} */
const isCount = (value) => Number.isInteger(value) && Number(value) > 0;
/** @type {Check} */
const isHeaders = (value) => {
  try {
    new Headers(/** @type {Record<string, string>} */ (value));
    return value !== null && typeof value === "object";
  } catch {
    return false;
  }
};

/** @type {Record<string, Check>} */
const FIELDS = {
  endpoint: isText,
  match: isText,
  times: isCount,
  status: isStatus,
  headers: isHeaders,
  body: isText,
  json: () => true,
  idToken: isText,
  delay: isDuration,
  hang: isFlag,
  reset: isFlag,
  lost: isFlag,
  torn: isFlag,
  slowBody: isDuration,
};

/** The faults that wait for a request. */
export function createFaults() {
  /** @type {{ fault: Fault, left: number }[]} */
  let waiting = [];
  return {
    /**
     * @param {Fault} fault
     * @param {Set<string>} endpoints
     */
    add(fault, endpoints) {
      check(fault, endpoints);
      waiting.push({ fault: structuredClone(fault), left: fault.times ?? Infinity });
    },
    clear: () => void (waiting = []),
    /**
     * The fault for a request, if there is one, counted down.
     *
     * @param {string} endpoint
     * @param {string} target
     */
    take(endpoint, target) {
      const found = waiting.find(
        ({ fault }) => (fault.endpoint === "any" || fault.endpoint === endpoint) && target.includes(fault.match ?? ""),
      );
      if (found && --found.left === 0) waiting = waiting.filter((other) => other !== found);
      return found?.fault;
    },
  };
}

/**
 * @param {Fault} fault
 * @param {Set<string>} endpoints
 */
function check(fault, endpoints) {
  if (fault === null || typeof fault !== "object") throw new TypeError("a fault must be an object");
  if (fault.endpoint !== "any" && !endpoints.has(fault.endpoint)) {
    throw new TypeError(`fault.endpoint must be one of ${[...endpoints, "any"].join(", ")}`);
  }
  for (const [name, value] of Object.entries(fault)) {
    if (!Object.hasOwn(FIELDS, name)) throw new TypeError(`a fault has no field ${name}`);
    if (value !== undefined && !FIELDS[name](value)) throw new TypeError(`fault.${name} has a value it cannot have`);
  }
  if (fault.idToken !== undefined && replaces(fault)) {
    throw new TypeError("fault.idToken spoils the real answer, so that status, body and json cannot replace it");
  }
  if (fault.body !== undefined && fault.json !== undefined) throw new TypeError("fault.body and fault.json exclude each other");
  if (fault.lost && replaces(fault))
    throw new TypeError("fault.lost loses the real answer, so that status, body and json cannot replace it");
  if (fault.torn && fault.body === "endless") throw new TypeError("a body without end cannot be torn in half");
}

/**
 * Whether a fault's answer stands in for the endpoint's.
 *
 * @param {Fault} fault
 */
export function replaces(fault) {
  return fault.status !== undefined || fault.body !== undefined || fault.json !== undefined;
}
