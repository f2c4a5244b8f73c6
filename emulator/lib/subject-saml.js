import { fromBase64 } from "./bytes.js";
import { OAuthError } from "./oauth-error.js";

/**
 * Reads a SAML 2.0 response: issuer, audience and time are checked, its signature is NOT, since that takes an XML library.
 *
 * @param {import("./call.js").Call} call
 * @param {import("./providers.js").SamlProvider} provider
 * @param {string} token base64
 */
export async function verifySaml(call, { audience, issuer }, token) {
  const bytes = fromBase64(token);
  const xml = bytes && new TextDecoder().decode(bytes);
  if (!xml?.includes(":SAML:2.0:")) throw invalid("The subject token is not a SAML 2.0 response in base64.");
  if (textOf(xml, "Issuer") !== issuer) throw invalid(`The issuer of the SAML response is not ${issuer}`);
  const named = textOf(xml, "Audience");
  if (named !== audience && named !== `https:${audience}`) throw invalid("The audience of the SAML response does not match.");
  const end = Date.parse(/\bNotOnOrAfter="([^"]*)"/.exec(xml)?.[1] ?? "");
  if (!(end > call.state.clock.now())) throw invalid("The SAML response has expired, or does not say when it does.");
  return textOf(xml, "NameID") ?? "";
}

/**
 * @param {string} xml
 * @param {string} element
 */
function textOf(xml, element) {
  return new RegExp(`<(?:[\\w-]+:)?${element}\\b[^>]*>\\s*([^<]*?)\\s*<`).exec(xml)?.[1];
}

/** @param {string} description */
function invalid(description) {
  return new OAuthError("invalid_grant", description);
}
