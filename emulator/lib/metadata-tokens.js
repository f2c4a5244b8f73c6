import { mintAccessToken, mintIdToken } from "./tokens.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./metadata-config.js").AttachedAccount} AttachedAccount */

// The server hands out what it has until this long before its end, in milliseconds.
const WINDOW = 240_000;

const MAX_KEPT = 10_000;

/**
 * An access token of an attached account, and its remaining life in whole seconds.
 *
 * @param {State} state
 * @param {AttachedAccount} account
 * @param {string[]} scopes
 */
export async function accessToken(state, { email }, scopes) {
  state.accounts.open(email);
  const { value, expiresAt } = await keep(state, ["token", email, ...scopes], async () => ({
    value: mintAccessToken(state, { principal: email, scopes }),
    expiresAt: state.clock.now() + state.accessTokenLifetime * 1000,
  }));
  return { access_token: value, expires_in: Math.floor((expiresAt - state.clock.now()) / 1000), token_type: "Bearer" };
}

/**
 * An ID token of an attached account. Only `full` ones name the email and the machine, as on Compute Engine.
 *
 * @param {State} state
 * @param {AttachedAccount} attached
 * @param {{ audience: string, full: boolean, licenses: boolean }} wanted
 */
export async function identityToken(state, { email }, { audience, full, licenses }) {
  const { clientId } = state.accounts.open(email);
  const { value } = await keep(state, ["identity", email, audience, String(full), String(licenses)], async () => {
    const who = { aud: audience, azp: clientId, sub: clientId, email: full ? email : undefined };
    const expiresAt = state.clock.now() + state.idTokenLifetime * 1000;
    return { value: await mintIdToken(state, who, full ? { google: machine(state, licenses) } : undefined), expiresAt };
  });
  return value;
}

/**
 * @param {State} state
 * @param {boolean} withLicenses
 */
function machine({ metadata: { settings } }, withLicenses) {
  const { instanceId, instanceName, projectId, numericProjectId, zone, licenses } = settings;
  return {
    compute_engine: {
      instance_creation_timestamp: 1_700_000_000,
      instance_id: instanceId,
      instance_name: instanceName,
      ...(withLicenses ? { license_id: licenses } : {}),
      project_id: projectId,
      project_number: Number(numericProjectId),
      zone,
    },
  };
}

/**
 * @param {State} state
 * @param {string[]} key
 * @param {() => Promise<import("./metadata-config.js").Kept>} make
 */
async function keep({ metadata: { kept }, clock }, key, make) {
  const name = JSON.stringify(key);
  const old = kept.get(name);
  if (old && old.expiresAt - WINDOW > clock.now()) return old;
  const made = await make();
  kept.set(name, made);
  if (kept.size > MAX_KEPT) kept.delete([...kept.keys()][0]);
  return made;
}
