import { OAuthError } from "./oauth-error.js";
import { verifyAwsRequest } from "./subject-aws.js";
import { verifyCertificate } from "./subject-certificate.js";
import { verifyJwt } from "./subject-jwt.js";
import { verifySaml } from "./subject-saml.js";

/** @typedef {import("./call.js").Call} Call */
/** @typedef {import("./providers.js").Provider} Provider */
/** @typedef {(call: Call, provider: any, token: string, log: import("../index.js").StsLog) => Promise<string>} Verify */

/** Which token types a provider of each kind takes, and how they are verified. @type {Record<Provider["kind"], { types: string[], verify: Verify }>} */
const kinds = {
  oidc: { types: ["urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token"], verify: verifyJwt },
  aws: { types: ["urn:ietf:params:aws:token-type:aws4_request"], verify: verifyAwsRequest },
  saml: { types: ["urn:ietf:params:oauth:token-type:saml2"], verify: verifySaml },
  x509: { types: ["urn:ietf:params:oauth:token-type:mtls"], verify: verifyCertificate },
};

/**
 * Verifies a subject token and says whose it is.
 *
 * @param {Call} call
 * @param {Provider} provider
 * @param {{ type: string, token: string }} subject
 * @param {import("../index.js").StsLog} log
 */
export async function verifySubject(call, provider, { type, token }, log) {
  const { types, verify } = kinds[provider.kind];
  if (!types.includes(type)) {
    throw new OAuthError("invalid_request", `Invalid subject_token_type: this provider takes ${types.join(" or ")}.`);
  }
  const subject = await verify(call, provider, token, log);
  // The limit of google.subject.
  if (subject.length === 0 || new TextEncoder().encode(subject).length > 127) {
    throw new OAuthError("invalid_grant", "The mapped google.subject must have 1 to 127 bytes.");
  }
  return subject;
}
