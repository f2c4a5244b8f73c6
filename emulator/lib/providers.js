import { parseAudience } from "./audience.js";
import { parsePem } from "./certificate.js";
import { requireOneOf, requireText, requireTexts } from "./check.js";

/** @typedef {import("../index.js").ProviderOptions} ProviderOptions */
/** @typedef {Extract<ProviderOptions, { kind: "oidc" }>} OidcProvider */
/** @typedef {Extract<ProviderOptions, { kind: "aws" }>} AwsProvider */
/** @typedef {Extract<ProviderOptions, { kind: "saml" }>} SamlProvider */
/** @typedef {Extract<ProviderOptions, { kind: "x509" }>} CertificateProvider */
/** @typedef {ProviderOptions} Provider */

const KINDS = /** @type {const} */ (["oidc", "aws", "saml", "x509"]);

/** Providers of workload and workforce identity pools, by their full resource names. */
export function createProviders() {
  /** @type {Map<string, Provider>} */
  const providers = new Map();
  return {
    /** @param {string} audience */
    find: (audience) => providers.get(audience),
    /** @param {ProviderOptions} provider */
    add(provider) {
      check(provider);
      providers.set(provider.audience, structuredClone(provider));
    },
  };
}

/** @param {ProviderOptions} provider */
function check(provider) {
  requireOneOf("kind", provider?.kind, KINDS);
  if (!parseAudience(provider.audience)) {
    throw new TypeError(
      "audience must be //iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER",
    );
  }
  if (provider.kind === "aws") requireText({ accountId: provider.accountId });
  if (provider.kind === "saml") requireText({ issuer: provider.issuer });
  if (provider.kind === "x509") {
    requireTexts({ roots: provider.roots });
    provider.roots.forEach(parsePem);
  }
  if (provider.kind !== "oidc") return;
  if (provider.allowedAudiences !== undefined) requireTexts({ allowedAudiences: provider.allowedAudiences });
  if ((provider.issuer === undefined) !== (provider.jwks === undefined)) {
    throw new TypeError("an issuer of its own and its jwks belong together; without both it is the emulator's own");
  }
}
