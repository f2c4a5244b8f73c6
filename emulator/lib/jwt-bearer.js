import { GOOGLE_UNIVERSE } from "./accounts.js";
import { parseAssertion, verifyAssertion } from "./assertion.js";
import { json } from "./answers.js";
import { OAuthError } from "./oauth-error.js";
import { redactText } from "./redact.js";
import { parseScopes } from "./scopes.js";
import { mintAccessToken, mintIdToken } from "./tokens.js";

/** @typedef {import("./call.js").Call} Call */
/** @typedef {import("./accounts.js").Account} Account */

// Clients name Google's endpoint whatever address they send to; the older one is still in documentation and old key files.
const GOOGLE_AUDIENCES = ["https://oauth2.googleapis.com/token", "https://www.googleapis.com/oauth2/v4/token"];

/**
 * The grant of RFC 7523: a service account's signed assertion for an ID token or an access token.
 *
 * @param {Call} call
 * @param {URLSearchParams} form
 * @param {import("../index.js").TokenLog} log
 */
export async function jwtBearer(call, form, log) {
  const jwt = form.get("assertion");
  if (!jwt) throw new OAuthError("invalid_request", "Missing required parameter: assertion");
  const assertion = parseAssertion(jwt);
  describe(assertion, log);

  const { state } = call;
  const account = await verifyAssertion(jwt, assertion, {
    findAccount: (email) => ofGoogle(state.accounts.find(email)),
    audiences: [...GOOGLE_AUDIENCES, ...call.origins.map((origin) => `${origin}/token`)],
    now: state.clock.now(),
  });
  return answer(call, account, assertion.claims);
}

/**
 * @param {Call} call
 * @param {Account} account
 * @param {Record<string, unknown>} claims
 */
async function answer({ state }, account, { scope, target_audience: audience, sub: subject }) {
  if (scope !== undefined && audience !== undefined) {
    throw new OAuthError("invalid_request", "Invalid JWT: scope and target_audience exclude each other.");
  }
  const delegated = subject !== undefined && subject !== account.email;

  if (audience !== undefined) {
    if (typeof audience !== "string" || audience === "") throw invalidScope();
    // Domain-wide delegation is a matter of OAuth scopes: no ID token ever names the user.
    if (delegated) throw unauthorized();
    const who = { aud: audience, azp: account.email, sub: account.clientId, email: account.email };
    return json({ id_token: await mintIdToken(state, who) });
  }

  const scopes = parseScopes(scope);
  if (!scopes) throw invalidScope();
  if (delegated && !(typeof subject === "string" && scopes.every((one) => account.delegatedScopes.has(one)))) throw unauthorized();
  const principal = delegated ? String(subject) : account.email;
  const token = mintAccessToken(state, { principal, scopes });
  return json({ access_token: token, expires_in: state.accessTokenLifetime, token_type: "Bearer" });
}

/**
 * The token endpoint is googleapis.com's alone: accounts of other universes are strangers to it, whatever their key files say.
 *
 * @param {Account | undefined} account
 */
function ofGoogle(account) {
  return account?.universe === GOOGLE_UNIVERSE ? account : undefined;
}

/**
 * Notes down what is asked for before anything is checked, so that refused requests can be told apart in the log.
 *
 * @param {import("./assertion.js").Assertion} assertion
 * @param {import("../index.js").TokenLog} log
 */
function describe({ header, claims }, log) {
  const [audience, scope, subject] = [claims.target_audience, claims.scope, claims.sub].map(text);
  log.issuer = text(claims.iss) ?? null;
  log.kid = text(header.kid) ?? null;
  log.kind = audience !== undefined ? "id_token" : scope !== undefined ? "access_token" : null;
  if (audience !== undefined) log.audience = audience;
  if (scope !== undefined) log.scope = scope;
  if (subject !== undefined) log.subject = subject;
}

/** @param {unknown} value */
function text(value) {
  return typeof value === "string" ? redactText(value.slice(0, 2000)) : undefined;
}

function invalidScope() {
  return new OAuthError("invalid_scope", "Invalid OAuth scope or ID token audience provided.");
}

function unauthorized() {
  return new OAuthError(
    "unauthorized_client",
    "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.",
    401,
  );
}
