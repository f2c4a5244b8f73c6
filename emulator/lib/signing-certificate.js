import { sha256, toBase64 } from "./bytes.js";

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

const encoder = new TextEncoder();
const SEQUENCE = 0x30;
// Object identifiers as they are encoded: sha256WithRSAEncryption (with its NULL), commonName.
const SHA256_WITH_RSA = element(SEQUENCE, Uint8Array.of(0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0b, 0x05, 0));
const COMMON_NAME = Uint8Array.of(0x06, 3, 0x55, 4, 3);
// Whatever the emulator's clock says.
const ALWAYS = element(SEQUENCE, utcTime("200101000000Z"), utcTime("491231235959Z"));
// What Google's own say.
const NAME = name("federated-signon.system.gserviceaccount.com");

/**
 * A certificate of a signing key by itself, RFC 5280, as PEM. Of version 1, which has no extensions.
 *
 * @param {import("./signing-keys.js").SigningKey} key
 */
export async function signingCertificate({ kid, privateKey, publicKey }) {
  const serial = (await sha256(kid)).subarray(0, 16);
  // A positive number, and no zeros in front.
  serial[0] = (serial[0] & 0x3f) | 0x40;
  const info = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
  const body = element(SEQUENCE, element(0x02, serial), SHA256_WITH_RSA, NAME, ALWAYS, NAME, info);
  const signature = new Uint8Array(await crypto.subtle.sign("RSASSA-PKCS1-v1_5", privateKey, body));
  const whole = element(SEQUENCE, body, SHA256_WITH_RSA, element(0x03, Uint8Array.of(0), signature));
  const lines = toBase64(whole).match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

/** @param {string} text */
function name(text) {
  return element(SEQUENCE, element(0x31, element(SEQUENCE, COMMON_NAME, element(0x0c, encoder.encode(text)))));
}

/** @param {string} text */
function utcTime(text) {
  return element(0x17, encoder.encode(text));
}

/**
 * One element of X.690's distinguished encoding.
 *
 * @param {number} tag
 * @param {...Uint8Array} parts of its content
 * @returns {Bytes}
 */
function element(tag, ...parts) {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  const bytes = new Uint8Array(1 + length.length + size);
  bytes.set([tag, ...length]);
  let at = 1 + length.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
