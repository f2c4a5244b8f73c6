// The little of DER (ITU-T X.690) that a certificate is made of. Every function returns the bytes of one element.

const SEQUENCE = 0x30;
const SET = 0x31;

/**
 * @param {number} tag
 * @param {...Uint8Array} parts
 */
export function element(tag, ...parts) {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), length(content.length), content]);
}

/** @param {number} bytes */
function length(bytes) {
  if (bytes < 0x80) return Buffer.from([bytes]);
  if (bytes < 0x100) return Buffer.from([0x81, bytes]);
  return Buffer.from([0x82, bytes >> 8, bytes & 0xff]);
}

/** @param {...Uint8Array} parts */
export const sequence = (...parts) => element(SEQUENCE, ...parts);

/** @param {...Uint8Array} parts */
export const set = (...parts) => element(SET, ...parts);

export const yes = element(0x01, Buffer.from([0xff]));

/** A number that is not negative. @param {Uint8Array} bytes big-endian, without zeros in front */
export const integer = (bytes) => element(0x02, bytes[0] < 0x80 ? bytes : Buffer.concat([Buffer.from([0]), bytes]));

/** @param {Uint8Array} bytes */
export const bitString = (bytes, unused = 0) => element(0x03, Buffer.from([unused]), bytes);

/** @param {Uint8Array} bytes */
export const octetString = (bytes) => element(0x04, bytes);

/** @param {string} text */
export const utf8 = (text) => element(0x0c, Buffer.from(text));

/** Good until 2049, after which a certificate writes its dates in another way. @param {Date} date */
export const utcTime = (date) =>
  element(
    0x17,
    Buffer.from(
      `${date
        .toISOString()
        .replaceAll(/[-:T]|\.\d+/g, "")
        .slice(2)}`,
    ),
  );

/** @param {string} dotted such as "1.2.840.10045.4.3.2" */
export function objectIdentifier(dotted) {
  const [first, second, ...rest] = dotted.split(".").map(Number);
  return element(0x06, Buffer.from([40 * first + second, ...rest.flatMap(base128)]));
}

/** @param {number} value */
function base128(value) {
  const digits = [value & 0x7f];
  for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

/** "[number]" of ASN.1 around whole elements. @param {number} number @param {...Uint8Array} parts */
export const explicit = (number, ...parts) => element(0xa0 | number, ...parts);

/** "[number] IMPLICIT" in the place of a primitive element's own tag. @param {number} number @param {Uint8Array} bytes */
export const implicit = (number, bytes) => element(0x80 | number, bytes);
