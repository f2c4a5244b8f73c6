/**
 * A part of a URL as it was meant, or undefined where that cannot be told.
 *
 * @param {string} text
 */
export function tryDecode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/**
 * A part of a URL as it was meant, or as it came.
 *
 * @param {string} text
 */
export function decode(text) {
  return tryDecode(text) ?? text;
}
