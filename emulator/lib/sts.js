import { json } from "./answers.js";
import { parseAudience } from "./audience.js";
import { authenticateClient } from "./client-auth.js";
import { oauthAnswer } from "./oauth-answer.js";
import { OAuthError } from "./oauth-error.js";
import { readForm } from "./read-form.js";
import { redactText } from "./redact.js";
import { parseScopes } from "./scopes.js";
import { verifySubject } from "./subject.js";
import { mintAccessToken } from "./tokens.js";

/** @typedef {import("./call.js").Call} Call */

const GRANT = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

/**
 * `POST /v1/token` of the Security Token Service: somebody else's token for a federated access token, RFC 8693 and AIP-4117.
 *
 * @param {Call} call
 */
export function sts(call) {
  /** @type {import("../index.js").StsLog} */
  const log = (call.entry.sts = { grant: null, audience: null, scope: null, subjectTokenType: null, client: null, principal: null });
  return oauthAnswer(call, log, async () => {
    const form = await readForm(call.request);
    const names = /** @type {const} */ ({
      grant: "grant_type",
      audience: "audience",
      scope: "scope",
      subjectTokenType: "subject_token_type",
    });
    for (const [field, name] of Object.entries(names)) {
      const value = form.get(name);
      if (value !== null) Object.assign(log, { [field]: redactText(value.slice(0, 2000)) });
    }
    return exchange(call, form, log);
  });
}

/**
 * @param {Call} call
 * @param {URLSearchParams} form
 * @param {import("../index.js").StsLog} log
 */
async function exchange(call, form, log) {
  const { state } = call;
  if (form.get("grant_type") !== GRANT) throw new OAuthError("unsupported_grant_type", `grant_type must be ${GRANT}`);
  if (form.get("requested_token_type") !== ACCESS_TOKEN) throw invalid(`requested_token_type must be ${ACCESS_TOKEN}`);
  const scopes = parseScopes(form.get("scope"));
  if (!scopes) throw new OAuthError("invalid_scope", "The scope parameter is missing or malformed.");
  const audience = form.get("audience");
  const resource = parseAudience(audience);
  if (!resource) throw invalid('Invalid value for "audience". This value should be the full resource name of the Identity Provider.');
  const [token, type] = [form.get("subject_token"), form.get("subject_token_type")];
  if (!token || !type) throw invalid("subject_token and subject_token_type are required.");

  const client = authenticateClient(call, form);
  if (client !== undefined) log.client = client;
  const userProject = readUserProject(form.get("options"));
  if (userProject !== undefined) log.userProject = userProject;
  // AIP-4117: the project to bill, where no client tells it.
  if (resource.workforce && client === undefined && userProject === undefined) {
    throw invalid("A workforce identity without client authentication must name a userProject in options.");
  }

  const provider = state.providers.find(String(audience));
  if (!provider) {
    throw new OAuthError(
      "invalid_target",
      'The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn\'t exist.',
    );
  }
  const principal = resource.principal(await verifySubject(call, provider, { type, token }, log));
  log.principal = principal;
  return json({
    access_token: mintAccessToken(state, { principal, scopes }),
    issued_token_type: ACCESS_TOKEN,
    token_type: "Bearer",
    expires_in: state.accessTokenLifetime,
  });
}

/** @param {string | null} options JSON, which Google's library for Python percent-encodes once more than a form does */
function readUserProject(options) {
  if (options === null) return undefined;
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(options.startsWith("%") ? decodeURIComponent(options) : options);
  } catch {
    throw invalid("options is not JSON.");
  }
  const project = value !== null && typeof value === "object" && "userProject" in value ? value.userProject : undefined;
  if (project !== undefined && (typeof project !== "string" || project === "")) throw invalid("userProject in options must be a string.");
  return project;
}

/** @param {string} description */
function invalid(description) {
  return new OAuthError("invalid_request", description);
}
