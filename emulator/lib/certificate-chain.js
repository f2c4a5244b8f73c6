import { readDer, readOid } from "./der.js";

/** @typedef {import("./certificate.js").Certificate} Certificate */

const EC = "1.2.840.10045.2.1";
/** @type {Record<string, { name: string, length: number }>} */
const CURVES = { "1.2.840.10045.3.1.7": { name: "P-256", length: 32 }, "1.3.132.0.34": { name: "P-384", length: 48 } };
/** Hashes of the signature algorithms of RSA (RFC 8017) and ECDSA (RFC 5758). @type {Record<string, string>} */
const HASHES = {
  "1.2.840.113549.1.1.11": "SHA-256",
  "1.2.840.113549.1.1.12": "SHA-384",
  "1.2.840.113549.1.1.13": "SHA-512",
  "1.2.840.10045.4.3.2": "SHA-256",
  "1.2.840.10045.4.3.3": "SHA-384",
};

/**
 * Whether a chain, leaf first and each issued by the next, leads to a trust anchor: RFC 5280 section 6, as far as it goes here.
 *
 * @param {Certificate[]} chain
 * @param {Certificate[]} roots
 * @param {number} now in milliseconds
 */
export async function isTrusted(chain, roots, now) {
  for (const [i, certificate] of chain.entries()) {
    if (!(certificate.notBefore <= now && now <= certificate.notAfter)) return false;
    if (roots.some((root) => equal(root.raw, certificate.raw))) return true;
    for (const root of roots) {
      if (root.notAfter >= now && (await isIssuedBy(certificate, root))) return true;
    }
    const next = chain[i + 1];
    if (!next || !(await isIssuedBy(certificate, next))) return false;
  }
  return false;
}

/**
 * Whether one certificate signed another, and may do so.
 *
 * @param {Certificate} certificate
 * @param {Certificate} issuer
 */
export async function isIssuedBy(certificate, issuer) {
  if (!issuer.mayIssue || !equal(certificate.issuer, issuer.subject)) return false;
  const hash = HASHES[certificate.algorithm];
  if (!hash) return false;
  const [algorithm] = readDer(readDer(issuer.publicKey)[0].content);
  const [type, curveOid] = readDer(algorithm.content);
  try {
    if (readOid(type) !== EC) return await verify({ name: "RSASSA-PKCS1-v1_5", hash }, certificate, issuer, certificate.signature);
    const curve = CURVES[readOid(curveOid)];
    return await verify(
      { name: "ECDSA", namedCurve: curve.name, hash },
      certificate,
      issuer,
      plainSignature(certificate.signature, curve.length),
    );
  } catch {
    // A key of a kind that nobody here knows.
    return false;
  }
}

/**
 * @param {{ name: string, hash: string, namedCurve?: string }} algorithm
 * @param {Certificate} certificate
 * @param {Certificate} issuer
 * @param {Uint8Array<ArrayBuffer>} signature
 */
async function verify(algorithm, certificate, issuer, signature) {
  const key = await crypto.subtle.importKey("spki", issuer.publicKey, algorithm, false, ["verify"]);
  return crypto.subtle.verify(algorithm, key, signature, certificate.signed);
}

/**
 * Certificates hold an ECDSA signature as two integers, WebCrypto takes them side by side.
 *
 * @param {Uint8Array<ArrayBuffer>} signature
 * @param {number} length of each
 */
function plainSignature(signature, length) {
  const plain = new Uint8Array(2 * length);
  readDer(readDer(signature)[0].content).forEach(({ content }, i) => {
    const digits = content.subarray(Math.max(0, content.length - length));
    plain.set(digits, (i + 1) * length - digits.length);
  });
  return plain;
}

/**
 * @param {Uint8Array} left
 * @param {Uint8Array} right
 */
export function equal(left, right) {
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}
