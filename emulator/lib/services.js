/** @typedef {import("../index.js").ServiceOptions} ServiceOptions */
/** @typedef {import("../index.js").ServiceHandler} ServiceHandler */
/** @typedef {{ name: string, audiences: string[], invokers: Set<string> | "any", handler: ServiceHandler | "echo" | "mirror" }} ServiceRecord */

// What Cloud Run allows.
const NAME = /^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$/;

/** The private Cloud Run services by name. */
export function createServices() {
  /** @type {Map<string, ServiceRecord>} */
  const services = new Map();
  return {
    /** @param {string} name */
    find: (name) => services.get(name),
    /** @param {ServiceRecord} record */
    remove: (record) => void (services.get(record.name) === record && services.delete(record.name)),
    /**
     * @param {string} name
     * @param {ServiceOptions} options
     */
    add(name, { audiences = [], invokers = "any", handler = "echo" }) {
      if (!NAME.test(name)) {
        throw new TypeError("a service's name has lower-case letters, digits and hyphens, starts with a letter, and is at most 49 long");
      }
      if (!isTexts(audiences)) throw new TypeError("audiences must be an array of strings");
      if (invokers !== "any" && !isTexts(invokers)) throw new TypeError('invokers must be an array of emails, or "any"');
      if (typeof handler !== "function" && handler !== "echo" && handler !== "mirror") {
        throw new TypeError('handler must be a function, "echo" or "mirror"');
      }
      const record = { name, audiences: [...audiences], invokers: invokers === "any" ? invokers : new Set(invokers), handler };
      services.set(name, record);
      return record;
    },
  };
}

/** @param {unknown} value */
function isTexts(value) {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
