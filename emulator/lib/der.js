/**
 * @typedef {object} Der one element of X.690's distinguished encoding
 * @property {number} tag
 * @property {Uint8Array<ArrayBuffer>} content
 * @property {Uint8Array<ArrayBuffer>} raw with tag and length
 */

/**
 * The elements that stand one after another in some bytes. Throws where they are none.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
export function readDer(bytes) {
  /** @type {Der[]} */
  const elements = [];
  for (let start = 0; start < bytes.length;) {
    const { length, at } = readLength(bytes, start + 1);
    const end = at + length;
    if (end > bytes.length) throw new TypeError("DER that breaks off");
    elements.push({ tag: bytes[start], content: bytes.subarray(at, end), raw: bytes.subarray(start, end) });
    start = end;
  }
  return elements;
}

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 */
function readLength(bytes, at) {
  const first = bytes[at];
  if (first < 0x80) return { length: first, at: at + 1 };
  const count = first & 0x7f;
  if (!(count >= 1 && count <= 4)) throw new TypeError("DER with a length that cannot be");
  let length = 0;
  for (const byte of bytes.subarray(at + 1, at + 1 + count)) length = length * 256 + byte;
  return { length, at: at + 1 + count };
}

/**
 * An object identifier in dots.
 *
 * @param {Der | undefined} element
 */
export function readOid(element) {
  if (element?.tag !== 0x06) throw new TypeError("DER without the object identifier that belongs here");
  const [first, ...rest] = element.content;
  const parts = [Math.min(Math.floor(first / 40), 2), 0];
  parts[1] = first - parts[0] * 40;
  let value = 0;
  for (const byte of rest) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      parts.push(value);
      value = 0;
    }
  }
  return parts.join(".");
}
