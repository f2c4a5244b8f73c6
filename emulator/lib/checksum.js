// Castagnoli's polynomial, reflected (RFC 3720, appendix B.4).
const POLYNOMIAL = 0x82f63b78;

/** @type {Uint32Array | undefined} */
let table;

/**
 * The CRC32C of some bytes, as Cloud Storage writes it: four bytes, the highest first.
 *
 * @param {Uint8Array} bytes
 */
export function crc32c(bytes) {
  table ??= Uint32Array.from({ length: 256 }, (_, byte) => shifted(byte));
  let sum = 0xffffffff;
  for (const byte of bytes) sum = table[(sum ^ byte) & 0xff] ^ (sum >>> 8);
  sum = ~sum;
  return Uint8Array.of(sum >>> 24, sum >>> 16, sum >>> 8, sum);
}

/** @param {number} byte */
function shifted(byte) {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ POLYNOMIAL : byte >>> 1;
  return byte;
}
