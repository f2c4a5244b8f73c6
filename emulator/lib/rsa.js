import { exportJWK, exportPKCS8, importJWK, importPKCS8 } from "jose";

/**
 * An RS256 key pair. It comes from WebCrypto itself, because jose makes no keys under 2048 bits, and a client must be shown to
 * refuse those.
 *
 * @param {number} bits
 */
export async function generateRsa(bits) {
  const pair = await crypto.subtle.generateKey(
    { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: bits, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ["sign", "verify"],
  );
  return /** @type {CryptoKeyPair} */ (pair);
}

/**
 * PKCS#8 PEM as Google writes it: ends in a newline.
 *
 * @param {CryptoKey} privateKey
 */
export async function toPem(privateKey) {
  return (await exportPKCS8(privateKey)).trimEnd() + "\n";
}

/**
 * The public half of a PKCS#8 PEM.
 *
 * @param {string} pem
 */
export async function publicKeyOfPem(pem) {
  const privateKey = await importPKCS8(pem.trim(), "RS256", { extractable: true });
  const { kty, n, e } = await exportJWK(privateKey);
  return /** @type {CryptoKey} */ (await importJWK({ kty, n, e }, "RS256"));
}
