// What createLogin takes, checked at once.
import { isKey } from "../stores/keys.js";
import { invalid, isObject, isString } from "../options.js";
import { isWords, readClient, readShared, readStore, told } from "../user/options.js";

const OWN = [
  ...["client", "clientId", "clientSecret", "redirectUri", "scopes", "store"],
  ...["provider", "secrets", "records", "offline", "sessionLifetime"],
];
const NEEDED = ["issuer", "authorization_endpoint", "token_endpoint"];
const OPTIONAL = ["revocation_endpoint", "userinfo_endpoint", "device_authorization_endpoint"];

/** @param {unknown} options */
export function readLogin(options) {
  const { given, config } = readShared("createLogin", options, OWN);
  // What is left empty the core has a default for.
  const { redirectUri, scopes = [], records = "users/{id}", offline = true, secrets = [], sessionLifetime } = given;
  const client = readClientOf(given);
  const provider = readProvider(given.provider);
  if (!isString(redirectUri) || !URL.canParse(redirectUri))
    throw invalid("the option redirectUri is no URL. Give the one that is registered with the client, as https://app.example/callback.");
  if (!isWords(scopes)) throw invalid("the option scopes is not an array of texts.");
  if (!isKey(records)) throw invalid("the option records is no name of a record: give a pattern, as users/{id}.");
  if (typeof offline !== "boolean") throw invalid("the option offline is not true or false.");
  if (!isWords(secrets) || secrets.some((secret) => secret.length < 32))
    throw invalid("the option secrets is not an array of texts of 32 characters or more, without spaces.");
  if (sessionLifetime !== undefined && !(Number.isFinite(sessionLifetime) && sessionLifetime >= 1000))
    throw invalid("the option sessionLifetime is no number of 1000 ms or more.");
  const store = given.store === undefined ? undefined : readStore(given.store);
  const facts = told(config, {
    ...client,
    ...provider,
    redirect_uri: redirectUri,
    login_scopes: scopes.join(" "),
    secrets: secrets.join(" "),
    records,
    online: offline ? "" : "1",
    session_s: sessionLifetime && Math.floor(sessionLifetime / 1000),
    storeless: store ? "" : "1",
  });
  /** @type {Record<PropertyKey, any>} */
  const shared = {};
  for (const name of Reflect.ownKeys(given)) if (!OWN.includes(/** @type {string} */ (name))) shared[name] = given[name];
  const { token_endpoint } = provider;
  if (token_endpoint) shared.allowedHosts = [...(shared.allowedHosts ?? []), new URL(token_endpoint).host];
  return {
    config,
    store,
    facts,
    provider,
    records,
    client: { ...client, ...(token_endpoint && { token_uri: token_endpoint }) },
    given: { redirectUri, shared },
  };
}

/** @param {Record<PropertyKey, any>} given */
function readClientOf({ client, clientId, clientSecret }) {
  if (client !== undefined && (clientId !== undefined || clientSecret !== undefined))
    throw invalid("give client, or clientId and clientSecret.");
  if (client === undefined && !isWords([clientId, clientSecret]))
    throw invalid("there is no OAuth client: give client, its file, or clientId and clientSecret.");
  const { client_id, client_secret } = readClient(client ?? { client_id: clientId, client_secret: clientSecret });
  return { client_id, client_secret };
}

/**
 * The members of a provider's metadata that a login needs (OpenID Connect Discovery 1.0, section 3).
 *
 * @param {any} provider
 * @returns {Record<string, string>}
 */
function readProvider(provider) {
  if (provider === undefined) return {};
  /** @type {Record<string, string>} */
  const read = {};
  for (const name of [...NEEDED, ...OPTIONAL]) {
    const text = isObject(provider) && Object.hasOwn(provider, name) ? provider[name] : undefined;
    if (text === undefined && OPTIONAL.includes(name)) continue;
    if (!isString(text) || !URL.canParse(text))
      throw invalid(`the option provider has no URL as its ${name}. Give its discovery document.`);
    read[name] = text;
  }
  return read;
}
