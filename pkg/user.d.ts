import type { CredentialFunction, customFetch } from "./index.js";
import type { Store } from "./stores/index.js";

export type { Store, StoredRecord } from "./stores/index.js";

/** An OAuth client, as its file has it (RFC 6749, section 2). */
export interface OAuthClient {
  client_id: string;
  client_secret: string;
  /** Where its tokens come from. Default: Google's endpoint. A host that is not Google's has to be among `allowedHosts`. */
  token_uri?: string;
}

/** Whose token it is, and where it is kept. */
export interface UserCredentialOptions {
  /** Where the user's token is kept, for all jobs that share it. */
  store: Store;
  /** The name of the token's record. The lease of whoever refreshes it is a record of that name with `.lease` behind. */
  user: string;
  /** The OAuth client that the user logged in with: its file, as text or as an object. Default: the one that the record names. */
  client?: string | OAuthClient | { web: OAuthClient } | { installed: OAuthClient };
  /** Scopes that the user must have granted. Default: only those that a session asks for. */
  scopes?: string[];
  /** The user's `sub`, where it is known: the token of anybody else is an error, `user_mismatch`. */
  subject?: string;
  /**
   * Whether the provider gives a new refresh token at each refresh (RFC 9700, section 4.14.2), as Google does not. Then a refresh whose
   * answer was lost is not sent again by the same job. Default false. Where a provider takes each refresh token but once, a job that dies
   * between the answer and the write loses the token, whatever is done.
   */
  rotates?: boolean;
  /** How long one call may take, in milliseconds. Default 120,000. */
  timeout?: number | false;
  /** Where Google's endpoints are, as of a session. */
  endpoints?: string | URL;
  /** Hosts beside Google's that tokens may come from, as of a session. */
  allowedHosts?: string[];
  /** As of a session. */
  universeDomain?: string;
  /** What sends, in place of the runtime's fetch. */
  [customFetch]?: typeof fetch;
  /** How many times as fast time passes, for tests beside an emulator whose clock is scaled. Default 1. */
  [clockSpeed]?: number;
}

/** Gives the user's tokens: access tokens for scopes that he granted, or else his ID token, which is for the client. */
export type UserCredential = CredentialFunction;

/** A user, by what the provider says of him. */
export interface User {
  /** The provider's `sub`: it never changes, and no other user of the provider has it. */
  id: string;
  email: string | undefined;
  emailVerified: boolean | undefined;
  name: string | undefined;
  givenName: string | undefined;
  familyName: string | undefined;
  picture: string | undefined;
  /** The domain of his organisation. */
  hd: string | undefined;
  /** All that was said. */
  claims: Record<string, unknown>;
}

/** Whom to ask for a profile. */
export interface ProfileOptions {
  /** The provider's userinfo endpoint. Default: Google's. */
  endpoint?: string;
  signal?: AbortSignal;
  /** As of a session. */
  timeout?: number | false;
  endpoints?: string | URL;
  allowedHosts?: string[];
  universeDomain?: string;
  [customFetch]?: typeof fetch;
}

/**
 * What a provider says of a user (OpenID Connect Core 1.0, section 5.3), asked with his own token; he must have granted `openid`.
 *
 * ```ts
 * import { memoryStore } from "cloud-run-auth/stores/memory";
 * import { createUserCredential, getProfile } from "cloud-run-auth/user";
 *
 * const { email } = await getProfile(createUserCredential({ store: memoryStore(), user: "ada.json" }));
 * ```
 */
export function getProfile(credential: CredentialFunction, options?: ProfileOptions): Promise<User>;

/** The name of an option that is for tests. */
export const clockSpeed: unique symbol;

/**
 * The token of a user that many jobs share, as a credential of sessions. However many jobs there are, on however many machines: at
 * each end of the token one of them refreshes it, and the others take what it stored.
 *
 * ```ts
 * import { createSession } from "cloud-run-auth";
 * import { memoryStore } from "cloud-run-auth/stores/memory";
 * import { createUserCredential } from "cloud-run-auth/user";
 *
 * const user = createUserCredential({ store: memoryStore(), user: "ada.json" });
 * const drive = createSession("https://www.googleapis.com", {
 *   credential: user,
 *   scopes: ["https://www.googleapis.com/auth/drive.readonly"],
 * });
 * ```
 *
 * Errors of its calls are the `cause` of `credential_function_failed` in a session: `login_required` where nobody logged in or the
 * provider no longer accepts the refresh token, `scopes_missing`, `user_mismatch`, `store_unavailable`.
 */
export function createUserCredential(options: UserCredentialOptions): UserCredential;
