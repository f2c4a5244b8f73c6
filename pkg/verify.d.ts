import type { customFetch } from "./index.js";

/** What a service wants of the ID tokens that its callers bring. Nobody may in who is not allowed here. */
export interface VerifierOptions {
  /** Whom tokens have to be for (`aud`), exactly: the service's URL, as its callers name it, or each of several. */
  audience: string | string[];
  /**
   * Who has to have issued them. `"google"`, the default: service accounts and users. `"iap"`: Identity-Aware Proxy, whose tokens come in
   * `x-goog-iap-jwt-assertion`. Or any other by its URL, as tokens have it in `iss`, whose keys are found by its discovery document
   * (OpenID Connect Discovery 1.0, section 4).
   */
  issuer?: "google" | "iap" | (string & {});
  /** Where the issuer's keys are. Default: known, or found by discovery. */
  jwksUri?: string;
  /** Callers that may call, by their addresses, exactly as tokens have them. An address that is not verified is nobody's. Default: all. */
  email?: string | string[];
  /** Workspace domains whose users may call; `"*"` is any domain. Default: all users, and those without a domain. */
  hd?: string | string[];
  /** OAuth clients whose tokens are taken (`azp`). Default: all. */
  azp?: string | string[];
  /** How far clocks may be apart, in milliseconds, at most 30,000. Default 10,000. */
  clockTolerance?: number;
  /** How long a token may live from its begin to its end, in milliseconds, at most a day. Default: a day. */
  maxTokenAge?: number;
  /** How long a check may take, keys included, in milliseconds. Default 10,000. */
  timeout?: number | false;
  /** Where Google's keys are, as of a session: an emulator's origin. Another issuer stays where it is. */
  endpoints?: string | URL;
  /** What gets the keys, in place of the runtime's fetch. */
  [customFetch]?: typeof fetch;
}

/** Whoever calls, by a token that was good. */
export interface Caller {
  /** The issuer's `sub`: it never changes, and no other caller of the issuer's has it. */
  id: string;
  email: string | undefined;
  emailVerified: boolean | undefined;
  /** The domain of his organisation. */
  hd: string | undefined;
  /** When the token ends, in milliseconds since the Unix epoch. */
  expiresAt: number;
  /** All that the token says. */
  claims: Record<string, unknown>;
}

/** A request with headers: a `Request`, or a message of Node's `http`. */
export type WithHeaders = { headers: { get(name: string): string | null } | Record<string, string | string[] | undefined> };

/** Tells who calls. */
export interface IdTokenVerifier {
  /**
   * Who calls, by the token in the request's `Authorization: Bearer` header, or by the token itself.
   *
   * Keys are fetched once for all who wait, kept for as long as their server says, and fetched anew for a key that is not known, at most
   * twice in a minute. While none can be had, those from before are used for a day.
   *
   * @throws AuthError `token_missing`, `token_invalid`, `token_unsigned`, `token_expired`, `audience_mismatch`, `caller_refused`: what is
   * wrong with it; `keys_unavailable`, `timeout`: that nobody can say just now. `unsupported_by_host`: a Worker without WebCrypto.
   */
  verify(from: string | WithHeaders, options?: { signal?: AbortSignal }): Promise<Caller>;
}

/**
 * A verifier of ID tokens that arrive at one's own service (OpenID Connect Core 1.0, section 3.1.3.7; RFC 8725). It does no I/O: legal at
 * a Worker's global scope. Signatures are verified by WebCrypto; where there is none, as in pages that did not come by https, a module for
 * that is loaded at the first token.
 *
 * @example
 * ```js
 * import { createIdTokenVerifier } from "cloud-run-auth/verify";
 *
 * const verifier = createIdTokenVerifier({
 *   audience: "https://orders.example.com",
 *   email: "caller@my-project.iam.gserviceaccount.com",
 * });
 * const failure = await verifier.verify("no token").catch((error) => error);
 * console.log(failure.code); // token_invalid
 * ```
 */
export function createIdTokenVerifier(options: VerifierOptions): IdTokenVerifier;

/** Lets only those in who bring a good token; everybody else is told why not, with 401, 403 or 503 (RFC 6750, section 3). */
export interface Guard {
  /** Around a fetch handler: it is called for those who may in. Whatever comes behind the request is handed on. */
  <Rest extends unknown[]>(
    handler: (request: Request, ...rest: Rest) => Response | Promise<Response>,
  ): (request: Request, ...rest: Rest) => Promise<Response>;
  /** As Hono's middleware: `app.use(requireIdToken({ … }))`. */
  (context: { req: { raw: Request } }, next: () => Promise<void>): Promise<Response | void>;
}

/**
 * A guard for a service: nobody comes in without a token that `options` allow. Whoever did is known by `callerOf`. A fault of the service's
 * own, as an option that cannot be, is thrown and not answered.
 *
 * @example
 * ```js
 * import { callerOf, requireIdToken } from "cloud-run-auth/verify";
 *
 * const guard = requireIdToken({ audience: "https://orders.example.com" });
 * export default { fetch: guard((request) => new Response(`hello ${callerOf(request)?.email}`)) };
 * ```
 */
export function requireIdToken(options: VerifierOptions): Guard;

/** Who sent a request that `requireIdToken` let in: of that request, or of Hono's context. */
export function callerOf(from: Request | { req: { raw: Request } }): Caller | undefined;
