import type { customFetch } from "./index.js";
import type { Store } from "./stores/index.js";
import type { OAuthClient, User, UserCredential } from "./user.js";

export type { OAuthClient, User, UserCredential } from "./user.js";
export type { Store, StoredRecord } from "./stores/index.js";

/** What a provider that is not Google says of itself (OpenID Connect Discovery 1.0, section 3); its whole document will do. */
export interface Provider {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  /** Where `logout` revokes (RFC 7009). Without it nothing is revoked there. */
  revocation_endpoint?: string;
  /** What `getProfile` asks. */
  userinfo_endpoint?: string;
  /** Where `device` gets its codes (RFC 8628). */
  device_authorization_endpoint?: string;
}

/** An OAuth client, and what the application wants of its users. */
export interface LoginOptions {
  /** The client's file, as Google's console gives it, as text or as an object. Or else `clientId` and `clientSecret`. */
  client?: string | OAuthClient | { web: OAuthClient } | { installed: OAuthClient };
  clientId?: string;
  clientSecret?: string;
  /**
   * Where browsers come back to, as it is registered with the client (RFC 9700, section 4.1.3): where `callback` is mounted. Its origin is
   * the application's; what a request says of its host counts for nothing. `http` is for this machine alone.
   */
  redirectUri: string;
  /** What every user is asked for. Default `["openid", "email", "profile"]`; `openid` is always asked for. */
  scopes?: string[];
  /** Where users' tokens, their sessions and used logins are kept. `begin` and `complete` do without. */
  store?: Store;
  /** Default: Google. */
  provider?: Provider;
  /**
   * What logins and sessions are signed with, the newest first: at least 32 characters each. Default: what is derived from the client's
   * secret; then a new client secret ends all sessions.
   */
  secrets?: string[];
  /**
   * The name of the record of a user's token, in which `{id}` stands for the user's id. Default `users/{id}`. A name without it is for
   * programs that have one user: the store then holds nothing but what is his, and that a login comes back but once is for the caller to see to.
   */
  records?: string;
  /** Whether jobs may act for users while they are away: whether refresh tokens are asked for. Default true. */
  offline?: boolean;
  /** How long a browser stays logged in, in milliseconds. Default: a week. */
  sessionLifetime?: number;
  /** How long one step of a login may take, in milliseconds. Default 120,000. */
  timeout?: number | false;
  /** Where Google's endpoints are, as of a session. */
  endpoints?: string | URL;
  /** As of a session. */
  allowedHosts?: string[];
  /** As of a session. */
  universeDomain?: string;
  /** What sends, in place of the runtime's fetch. */
  [customFetch]?: typeof fetch;
}

/** What one login is to be like. */
export interface BeginOptions {
  /** Where the browser goes afterwards: a path, or a URL of the redirect URI's origin. Default: `/`. Anything else is an error. */
  returnTo?: string;
  /** Scopes beside those of the application: Google asks the user for those that are new, and what he granted before counts along. */
  scopes?: string[];
  /** Which account the provider is to offer: an email, or a user's `id`. */
  loginHint?: string;
  /** The domain that the account has to be of; `*` for any organisation's. Anybody else's is an error, `user_mismatch`. */
  hd?: string;
  /** `none`, `login`, `consent` or `select_account` (OpenID Connect Core 1.0, section 3.1.2.1). Consent is asked for by itself where it is needed. */
  prompt?: string;
  /** The `id` of the user who has to be the one that logs in: anybody else is an error, `user_mismatch`. */
  user?: string;
}

/** What came of `complete`. */
export type Completed =
  | {
      user: User;
      /** Where the browser goes from here: a path. */
      returnTo: string;
      /** The user's credential file (`authorized_user`, with the token beside it), where there is no store that it went to. A secret. */
      file?: Record<string, unknown>;
    }
  | {
      /** Not yet: the provider gave no refresh token, so the browser has to go there once more, for consent. */
      user: undefined;
      url: string;
      flow: string;
    };

/** A device that waits for its user. */
export interface Device {
  /** Where he goes, on whatever has a browser. */
  url: string;
  /** What he types in there. */
  code: string;
  /** Until when, in milliseconds since the epoch. */
  expiresAt: number;
  /** Waits until he has, and asks the provider as often as it wants to be asked. Throws `login_cancelled` or `login_invalid`. */
  complete(): Promise<Extract<Completed, { user: User }>>;
}

/** The login of an application. Its methods can be taken off it. */
export interface Login {
  /**
   * Sends a browser to the provider: a redirect, with a cookie for this login. Without `returnTo` the browser goes afterwards where the
   * parameter `return_to` of the request's URL says, if that is a path of the application's, or else to `/`.
   */
  start(request: Request, options?: BeginOptions): Promise<Response>;
  /**
   * Takes a browser that comes back: looks whether it is this login's, exchanges the code, keeps the token in the store, and lets the
   * browser in. Where the provider has to ask the user once more, there is no `user`, and the response leads there.
   *
   * Throws an `AuthError`: `login_invalid`, `login_cancelled`, `login_required`, `scopes_missing`, `user_mismatch`, or what the provider or the
   * store failed with. What the provider said is in `server`, without any character that means something in HTML.
   */
  callback(request: Request): Promise<{ response: Response; user: User | undefined; returnTo: string | undefined }>;
  /** Who is logged in with this browser; null: nobody. */
  getUser(request: Request): Promise<User | null>;
  /**
   * Ends the browser's session, and revokes what the user granted, for jobs as well; not with `revoke: false`. Takes POST, from the
   * application's own pages alone; others get a 403 or 405.
   */
  logout(request: Request, options?: { returnTo?: string; revoke?: boolean }): Promise<Response>;
  /** Revokes what a user granted, and forgets his tokens; his browsers stay logged in until their sessions end. */
  revoke(id: string): Promise<void>;
  /** The user's token, for the application and its jobs: what `createSession` takes as `credential`. */
  getCredential(id: string, options?: { scopes?: string[]; rotates?: boolean }): UserCredential;
  /** What the provider says of a user, given his `id` or his credential. */
  getProfile(user: string | UserCredential, options?: { signal?: AbortSignal }): Promise<User>;
  /** The URL that a browser is to be sent to, and what has to be kept until it comes back: for whoever keeps state elsewhere than in cookies. */
  begin(options?: BeginOptions): Promise<{ url: string; flow: string }>;
  /** Takes the URL that the browser came back to, and what `begin` said to keep: of the same browser, which is the caller's to look after. */
  complete(url: string | URL, flow: string): Promise<Completed>;
  /** The login of a device without a browser (RFC 8628). */
  device(options?: BeginOptions, more?: { signal?: AbortSignal }): Promise<Device>;
}

/**
 * Lets users log in with Google, or another provider of OpenID Connect, and keeps their tokens where jobs find them.
 *
 * ```ts
 * import { createLogin } from "cloud-run-auth/login";
 * import { memoryStore } from "cloud-run-auth/stores/memory";
 *
 * const login = createLogin({
 *   clientId: "my-app.apps.googleusercontent.com",
 *   clientSecret: "…",
 *   redirectUri: "https://app.example/callback",
 *   store: memoryStore(),
 * });
 *
 * export default {
 *   async fetch(request: Request): Promise<Response> {
 *     switch (new URL(request.url).pathname) {
 *       case "/login":
 *         return login.start(request);
 *       case "/callback":
 *         return (await login.callback(request)).response;
 *       case "/logout":
 *         return login.logout(request);
 *       default:
 *         const user = await login.getUser(request);
 *         return user ? new Response(`Hello ${user.name}`) : Response.redirect("https://app.example/login");
 *     }
 *   },
 * };
 * ```
 */
export function createLogin(options: LoginOptions): Login;
