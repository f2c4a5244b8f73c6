// The record of a user who logged in with a device, or who logs out, as the core writes those of others.
import { randomUUID } from "node:crypto";
import { decoder, encoder } from "../../core.js";
import { AuthError } from "../../errors.js";
import { Failure } from "../failure.js";

/** @typedef {import("../users.js").Place} Place */

/** What belongs to tokens, and goes with them. */
const TOKENS = ["token", "expiry", "access_token", "token_expiry", "id_token", "id_token_expiry", "refresh_token"];
const ISSUERS = ["accounts.google.com", "https://accounts.google.com"];
/** What the long names of `email` and `profile` begin with. */
const LONG = "https://www.googleapis.com/auth/userinfo.";

/**
 * Keeps what came of a login.
 *
 * @param {Place} place
 * @param {import("./client.js").Client} client
 * @param {string[]} asked
 * @param {Record<string, any>} answer Of the token endpoint (RFC 6749, section 5.1)
 * @returns {Promise<{ id: string, email: string | undefined }>}
 */
export async function keep(place, client, asked, { access_token, refresh_token, id_token, expires_in, scope }) {
  // RFC 6749, section 5.1: none says that all is granted.
  const scopes = typeof scope === "string" ? scope.split(" ").filter(Boolean) : asked;
  const missing = asked.find((one) => !scopes.some((granted) => short(granted) === short(one)));
  if (missing) throw new AuthError("scopes_missing", `the user did not grant ${missing}. Begin the login again, and say what it is for.`);
  const { sub, email, exp } = claimsOf(id_token, client.id);
  if (![access_token, refresh_token].every((text) => typeof text === "string" && text))
    throw new AuthError("invalid_answer", "the login's answer holds no tokens. Look for a proxy in between.");
  await change(place, (before) => {
    if (before?.sub !== undefined && before.sub !== sub)
      throw new AuthError(
        "user_mismatch",
        `${place.shown} is another user's. Name another file with -u, or log that one out and remove it.`,
      );
    const kept = without(before ?? {}, [...TOKENS, "scope", "needs_reauth"]);
    return {
      ...{ ...kept, client_id: client.id, client_secret: client.secret, sub, ...(email && { account: email }), scopes },
      ...{ type: "authorized_user", refresh_token, token: access_token, expiry: moment(Date.now() + (Number(expires_in) || 0) * 1000) },
      ...{ id_token, id_token_expiry: moment(exp * 1000), write_id: randomUUID() },
    };
  });
  return { id: sub, email };
}

/**
 * The record of a user as it is.
 *
 * @param {Place} place
 * @returns {Promise<{ record: Record<string, any> | undefined, version: string | null }>}
 */
export async function read({ store, user, shown }) {
  const stored = await store.read(user);
  if (!stored) return { record: undefined, version: null };
  try {
    const record = JSON.parse(decoder.decode(stored.value));
    if (typeof record === "object" && record !== null && !Array.isArray(record)) return { record, version: stored.version };
  } catch {
    // Its own error would show what is in it.
  }
  throw new AuthError("invalid_credential", `${shown} is not a JSON object, as a user's file is.`);
}

/**
 * Writes what comes of the record, unless it was changed meanwhile: then of that.
 *
 * @param {Place} place
 * @param {(before: Record<string, any> | undefined) => Record<string, any>} make
 */
export async function change(place, make) {
  for (let tries = 5; tries > 0; tries--) {
    const { record, version } = await read(place);
    const made = encoder.encode(JSON.stringify(make(record)));
    if ((await place.store.write(place.user, made, version)) !== "conflict") return;
  }
  throw new Failure("store_unavailable", `others write to ${place.shown} all the time. Try again later.`);
}

/** The record of somebody who has logged out: nothing of it is good for anything any more. @param {Record<string, any> | undefined} before */
export function left(before) {
  const kept = without(before ?? {}, TOKENS);
  return { ...kept, type: "authorized_user", needs_reauth: "logged out", write_id: randomUUID() };
}

/** @param {Record<string, any>} record @param {string[]} names */
function without(record, names) {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}

/**
 * Who it is, by an ID token that came from the token endpoint itself, whose signature TLS stands for (OpenID Connect Core 1.0, section
 * 3.1.3.7, rule 6).
 *
 * @param {unknown} token
 * @param {string} client
 * @returns {{ sub: string, email: string | undefined, exp: number }}
 */
function claimsOf(token, client) {
  try {
    const { iss, aud, sub, email, exp } = JSON.parse(Buffer.from(String(token).split(".")[1], "base64url").toString());
    const isText = typeof sub === "string" && sub !== "" && (email === undefined || typeof email === "string");
    if (ISSUERS.includes(iss) && aud === client && isText && Number.isFinite(exp) && exp * 1000 > Date.now()) return { sub, email, exp };
  } catch {
    // It says no more than that it is none.
  }
  throw new AuthError(
    "invalid_answer",
    "the login's answer holds no ID token for this client. Look at this machine's clock, and for a proxy in between.",
  );
}

/** @param {string} scope */
function short(scope) {
  return scope.startsWith(LONG) ? scope.slice(LONG.length) : scope;
}

/** As others write it: to the second. @param {number} ms */
function moment(ms) {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
