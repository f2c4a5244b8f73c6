import { fromBase64 } from "./bytes.js";
import { equal, isTrusted } from "./certificate-chain.js";
import { parseCertificate, parsePem } from "./certificate.js";
import { OAuthError } from "./oauth-error.js";

/**
 * Verifies a client certificate that was shown in the connection, and answers its common name.
 *
 * @param {import("./call.js").Call} call
 * @param {import("./providers.js").CertificateProvider} provider
 * @param {string} token a JSON list of certificates: DER in standard base64, the leaf first
 */
export async function verifyCertificate({ state, clientCertificate }, { roots }, token) {
  const chain = parseToken(token);
  if (!clientCertificate) throw invalid("No client certificate was shown in the TLS connection.");
  if (!equal(chain[0].raw, clientCertificate)) throw invalid("The first certificate is not the one that was shown in the TLS connection.");
  if (!(await isTrusted(chain, roots.flatMap(parsePem), state.clock.now()))) {
    throw invalid("The certificates do not lead to a trust anchor of the provider, or are out of date.");
  }
  if (chain[0].commonName === undefined) throw invalid("The certificate's subject has no common name.");
  return chain[0].commonName;
}

/** @param {string} token */
function parseToken(token) {
  try {
    /** @type {unknown[]} */
    const list = JSON.parse(token);
    const chain = list.map((text) => parseCertificate(/** @type {Uint8Array<ArrayBuffer>} */ (fromBase64(text))));
    if (chain.length > 0) return chain;
  } catch {
    // Refused below.
  }
  throw invalid("The subject token is not a JSON list of certificates in base64.");
}

/** @param {string} description */
function invalid(description) {
  return new OAuthError("invalid_grant", description);
}
