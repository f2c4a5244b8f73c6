import type { CredentialFunction, RetryOptions, customFetch } from "./index.js";
import type { Login } from "./login.js";
import type { Store } from "./stores/index.js";

/** What a token service is made of. */
export interface TokenServiceOptions {
  /**
   * The service's URL, as callers and backends know it, without a slash at its end: its own tokens name it as their issuer, and tokens of
   * callers have to be for it. `https`, or a loopback host.
   */
  issuer: string | URL;
  /** Who may have what: the text of a policy, in TOML. Whatever it does not grant is refused. */
  policy: string;
  /**
   * What the service's records are sealed with, each a random text of 32 characters or more. The first seals, and all open: to change it,
   * put the new one first, and take the old one out once {@link loginLifetime} is over. There is no default.
   */
  secrets: string[];
  /** Where the service keeps its keys and logins: several instances that share it are one service. */
  store: Store;
  /** Whom tokens of callers may be for besides the service's URL. */
  audiences?: string[];
  /** How long an access token lives, in milliseconds: at most, and by default, ten minutes. */
  accessTokenLifetime?: number;
  /** How long a login lasts, however often it is refreshed, in milliseconds. Default: a day; at most 30. */
  loginLifetime?: number;
  /** After how long a signing key gets a successor, in milliseconds. Default: 30 days. */
  keyLifetime?: number;
  /** Who may see `/metrics` and the status page, which name callers. Default: whoever connects from the same machine. */
  metrics?: "loopback" | "open" | "off";
  /** Who may come to the metadata door. Default: nobody, for there is none. */
  metadata?: "off" | "loopback" | "open";
  /** Where the pages get the packages `swagger-ui-dist` and `redoc` from: a path or URL that holds both. Default: jsDelivr's, held to their hashes. */
  assets?: string;
  /** Takes each line of the log: who got or was refused what, and never a token. Default: `console.log`, as JSON; false: nobody. */
  log?: ((line: Record<string, unknown>) => void) | false;
  /**
   * Lets people log in with a browser, at `/api/auth/web/login`, `/callback` (the login's `redirectUri`) and `/logout`: what `createLogin` gives.
   * Whoever has logged in is, to `/api/user` and to `/api/auth/login` with `{ "session": "browser" }`, the callers whose claims his ID token has.
   */
  login?: Login;
  /** How long an answer may take, in milliseconds. Default 30,000. */
  answerWithin?: number;
  /** What Google's tokens are got with, as of a session. Default: the search of Application Default Credentials. */
  credential?: string | object | CredentialFunction;
  /** As of a session. */
  endpoints?: string | URL;
  /** As of a session. */
  allowedHosts?: string[];
  /** As of a session. */
  universeDomain?: string;
  /** As of a session: how long one token of Google's may take. */
  timeout?: number | false;
  /** As of a session. */
  retry?: RetryOptions | false;
  /** As of a session. */
  waitUntil?: (promise: Promise<unknown>) => void;
  /** What fetches tokens and keys, in place of the runtime's fetch. */
  [customFetch]?: typeof fetch;
}

/** What a server knows of a connection. Headers say nothing of that, and are not asked. */
export interface ConnectionInfo {
  /** The address at the other end. Deno's `info` of a handler is understood as it is. */
  peer?: string;
  remoteAddr?: { hostname?: string };
}

/** What somebody wants. */
export type Want =
  { idToken: { audience: string } } | { accessToken: { scopes: string[] } } | { jwt: { audience: string; scopes?: string[] } };

/** Why somebody may have something or not. */
export interface Explanation {
  /** The callers that he is. */
  callers: string[];
  /** Whether he may have what was asked for. */
  granted: boolean;
  /** A line for each caller that the token is or is not, and for each grant. */
  reasons: string[];
}

/** A place in a policy where something is wrong; both numbers count from 1. */
export interface PolicyFault {
  line: number;
  column: number;
  message: string;
}

/** A token service. */
export interface TokenService {
  /**
   * Loads the core and reads the policy, so that what is wrong with it is told at the start.
   *
   * @throws AuthError `invalid_policy`, with all its `faults`; `invalid_option`.
   */
  ready(): Promise<void>;
  /** Answers a request. What there is to be asked is in the service's own `/api/openapi.json`. */
  fetch(request: Request, info?: ConnectionInfo): Promise<Response>;
  /**
   * Takes another policy, for all requests from now on.
   *
   * @throws AuthError `invalid_policy`, with all its `faults`; then the one before goes on.
   */
  reload(policy: string): Promise<void>;
  /** Says who somebody is, by the claims of a token or by names of callers, and why he may have something or not. */
  explain(asked: { claims?: Record<string, unknown>; callers?: string[]; want?: Want }): Promise<Explanation>;
}

/**
 * A service that gives callers short-lived tokens for backend APIs just when they need them, as a fetch handler for any runtime.
 *
 * ```ts
 * import { createTokenService } from "cloud-run-auth/service";
 * import { memoryStore } from "cloud-run-auth/stores/memory";
 *
 * const service = createTokenService({
 *   issuer: "https://tokens.example",
 *   secrets: [process.env.AUTH_JIT_SECRET!],
 *   store: memoryStore(),
 *   policy: `
 *     [callers.deploy]
 *     issuer = "https://token.actions.githubusercontent.com"
 *     claims.repository = "acme/orders"
 *
 *     [[grants]]
 *     to = ["deploy"]
 *     jwt_for = ["https://orders.example"]
 *   `,
 * });
 *
 * export default { fetch: (request: Request) => service.fetch(request) };
 * ```
 */
export function createTokenService(options: TokenServiceOptions): TokenService;

/** The Argon2id hash of a client's secret, as a policy holds it. Takes some ten milliseconds. */
export function hashSecret(secret: string): Promise<string>;
