import { SignJWT } from "jose";
import { ApiError } from "./api-error.js";
import { fromBase64, toBase64 } from "./bytes.js";
import { parseScopes } from "./scopes.js";
import { mintAccessToken, mintIdToken } from "./tokens.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./accounts.js").Account} Account */
/**
 * @typedef {object} Method
 * @property {string} permission
 * @property {Record<string, import("./read-message.js").Kind>} fields
 * @property {(message: Record<string, any>) => (state: State, account: Account) => Promise<object>} prepare checks what is asked for
 */

// signJwt takes claims that expire up to twelve hours from now.
const MAX_JWT_LIFETIME = 43_200;

export const methods = new Map(
  /** @type {[string, Method][]} */ ([
    [
      "generateIdToken",
      {
        permission: "iam.serviceAccounts.getOpenIdToken",
        fields: {
          delegates: "strings",
          audience: "string",
          includeEmail: "boolean",
          organizationNumberIncluded: "boolean",
          useEmailAzp: "boolean",
        },
        prepare: generateIdToken,
      },
    ],
    [
      "generateAccessToken",
      {
        permission: "iam.serviceAccounts.getAccessToken",
        fields: { delegates: "strings", scope: "strings", lifetime: "string" },
        prepare: generateAccessToken,
      },
    ],
    ["signJwt", { permission: "iam.serviceAccounts.signJwt", fields: { delegates: "strings", payload: "string" }, prepare: signJwt }],
    ["signBlob", { permission: "iam.serviceAccounts.signBlob", fields: { delegates: "strings", payload: "string" }, prepare: signBlob }],
  ]),
);

/** @type {Method["prepare"]} */
function generateIdToken({ audience, includeEmail, useEmailAzp }) {
  if (audience === "") throw new ApiError(400, "Request contains an invalid argument: audience is required.");
  return async (state, { clientId, email }) => {
    const azp = useEmailAzp ? email : clientId;
    return { token: await mintIdToken(state, { aud: audience, azp, sub: clientId, email: includeEmail ? email : undefined }) };
  };
}

/** @type {Method["prepare"]} */
function generateAccessToken({ scope, lifetime }) {
  const scopes = parseScopes(scope.join(" "));
  if (!scopes) throw new ApiError(400, "Request contains an invalid argument: scope is required.");
  const seconds = lifetime === "" ? 3600 : Number(/^(\d+(?:\.\d{1,9})?)s$/.exec(lifetime)?.[1]);
  if (!(seconds > 0)) throw new ApiError(400, "Invalid value at 'lifetime' (type.googleapis.com/google.protobuf.Duration).");
  return async (state, account) => {
    if (seconds > account.maxLifetime) {
      throw new ApiError(400, `The lifetime of ${seconds} s is above the ${account.maxLifetime} s that this account may have.`);
    }
    const accessToken = mintAccessToken(state, { principal: account.email, scopes, lifetime: seconds });
    const expiresAt = new Date(state.clock.now() + seconds * 1000);
    return { accessToken, expireTime: `${expiresAt.toISOString().slice(0, 19)}Z` };
  };
}

/** @type {Method["prepare"]} */
function signJwt({ payload }) {
  const claims = parseClaims(payload);
  if (!claims) throw new ApiError(400, "The payload must be a JSON object of claims.");
  return async (state, account) => {
    const now = state.clock.now() / 1000;
    const { exp } = claims;
    if (exp !== undefined && !(Number.isInteger(exp) && exp >= now && exp <= now + MAX_JWT_LIFETIME)) {
      throw new ApiError(400, "exp must be an integer that is not in the past and no more than 12 hours in the future.");
    }
    const { kid, privateKey } = await state.managedKeys.of(account);
    return { keyId: kid, signedJwt: await new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid, typ: "JWT" }).sign(privateKey) };
  };
}

/** @type {Method["prepare"]} */
function signBlob({ payload }) {
  const bytes = fromBase64(payload.replaceAll("-", "+").replaceAll("_", "/"));
  if (!bytes) throw new ApiError(400, "Invalid value at 'payload' (TYPE_BYTES), Base64 decoding failed.");
  return async (state, account) => {
    const { kid, privateKey } = await state.managedKeys.of(account);
    const signature = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", privateKey, bytes);
    return { keyId: kid, signedBlob: toBase64(new Uint8Array(signature)) };
  };
}

/**
 * @param {string} payload
 * @returns {Record<string, any> | undefined}
 */
function parseClaims(payload) {
  try {
    const value = JSON.parse(payload);
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
