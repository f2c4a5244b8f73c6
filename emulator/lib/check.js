/**
 * @param {Record<string, unknown>} values
 */
export function requireText(values) {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== "string" || value === "") throw new TypeError(`${name} must be a string that is not empty`);
  }
}

/**
 * @param {Record<string, unknown>} values
 */
export function requireTexts(values) {
  for (const [name, value] of Object.entries(values)) {
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string" && item !== "")) {
      throw new TypeError(`${name} must be an array of strings that are not empty`);
    }
  }
}

/**
 * @template {string} T
 * @param {string} name
 * @param {unknown} value
 * @param {readonly T[]} allowed
 */
export function requireOneOf(name, value, allowed) {
  if (!allowed.includes(/** @type {T} */ (value))) throw new TypeError(`${name} must be one of ${allowed.join(", ")}`);
}
