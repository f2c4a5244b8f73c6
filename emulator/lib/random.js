/**
 * Random lower-case hexadecimal digits, such as key ids are made of.
 *
 * @param {number} digits an even number
 */
export function randomHex(digits) {
  const bytes = crypto.getRandomValues(new Uint8Array(digits / 2));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * A random 21-digit number, the form of Google's numeric account ids.
 */
export function randomAccountId() {
  const bytes = crypto.getRandomValues(new Uint8Array(20));
  return "1" + Array.from(bytes, (byte) => byte % 10).join("");
}
