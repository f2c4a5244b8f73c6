/// <reference lib="esnext.disposable" />

/**
 * Makes a session: a fetch for one private service, which sends a fresh ID token along with every call.
 *
 * Nothing is read, computed or sent before the first call, so that a session may be made where no I/O is allowed, such as a
 * Worker's global scope. Sessions are cheap: those that use the same credential and audience share their tokens.
 *
 * @param baseUrl Where the service is. `https`; plain `http` only on this machine (`localhost`, `127.0.0.0/8`, `[::1]`). It may
 * have a path, below which all calls stay, and a query, which is sent with each; no userinfo and no fragment.
 * @param options All of them may be left out.
 * @throws {AuthError} `invalid_base_url`, `invalid_option`, `invalid_audience` or `invalid_credential`, at once. What takes more
 * than a look at the options rejects the first call instead.
 * @example
 * const session = createSession("https://orders-abc.a.run.app");
 * const response = await session.get("/orders");
 */
export function createSession(baseUrl: string | URL, options?: SessionOptions): Session;

/** Calls to one service. Made by {@link createSession}. */
export interface Session {
  /**
   * Sends a GET request with an ID token.
   *
   * The response is the runtime's own, untouched; a status of 400 or more is not an error. After a 401 the token is dropped and
   * the call sent once more with a new one, if its body can be sent twice: none, text, `ArrayBuffer` and its views, `Blob`,
   * `FormData`, `URLSearchParams`. Redirects are followed within the origin, five at most, and else handed back as they are.
   *
   * @param input A path below the base URL, with or without a slash before it; `""` is the base URL itself. An absolute URL, `..`
   * above the base however it is encoded, a backslash, a control character or a fragment is refused, and nothing is sent.
   * @param init What `fetch` takes, and `json`, `searchParams` and `timeout`.
   * @throws {AuthError} By rejecting: any {@link ErrorCode}. What the service's own connection fails with is the runtime's error,
   * and an aborted `signal` rejects with its own reason.
   * @example
   * const response = await session.get("/orders", { searchParams: { page: 2 } });
   */
  get(input: string, init?: SessionInit): Promise<Response>;
  /**
   * As {@link Session.get}, with the method POST.
   *
   * @example
   * const response = await session.post("/orders", { json: { item: 7 } });
   */
  post(input: string, init?: SessionInit): Promise<Response>;
  /**
   * As {@link Session.get}, with the method PUT.
   *
   * @example
   * const response = await session.put("/orders/7", { json: { item: 8 } });
   */
  put(input: string, init?: SessionInit): Promise<Response>;
  /**
   * As {@link Session.get}, with the method PATCH.
   *
   * @example
   * const response = await session.patch("/orders/7", { json: { paid: true } });
   */
  patch(input: string, init?: SessionInit): Promise<Response>;
  /**
   * As {@link Session.get}, with the method DELETE.
   *
   * @example
   * const response = await session.delete("/orders/7");
   */
  delete(input: string, init?: SessionInit): Promise<Response>;
  /**
   * As {@link Session.get}, with the method HEAD.
   *
   * @example
   * const response = await session.head("/orders/7");
   */
  head(input: string, init?: SessionInit): Promise<Response>;
  /**
   * As `fetch`, for libraries that take one: a path as in {@link Session.get}, or an absolute URL or a `Request` on the origin of
   * the base URL and below its path. Anything else rejects with `invalid_path`, and nothing is sent.
   *
   * @example
   * const response = await session.fetch("https://orders-abc.a.run.app/orders", { method: "POST", body: "7" });
   */
  fetch: (input: string | URL | Request, init?: SessionInit) => Promise<Response>;
  /**
   * An ID token for the session's audience or another one, from the cache or new (AIP-4116).
   *
   * @example
   * const token = await session.getIdToken({ audience: "https://orders.example.com" });
   */
  getIdToken(options?: IdTokenOptions): Promise<string>;
  /**
   * An access token for Google's APIs, from the cache or new (RFC 6749, section 1.4).
   *
   * @example
   * const token = await session.getAccessToken({ scopes: ["https://www.googleapis.com/auth/devstorage.read_only"] });
   */
  getAccessToken(options?: AccessTokenOptions): Promise<string>;
  /**
   * The headers that authorize a call, for clients that take headers but no fetch: `Bearer` and the session's kind of token (RFC
   * 6750, section 2.1) in `authorization`, or in the header that the option `authorizationHeader` names; and the quota project, if one is set.
   *
   * @example
   * const response = await fetch("https://orders-abc.a.run.app/orders", { headers: await session.authorizationHeaders() });
   */
  authorizationHeaders(options?: IdTokenOptions & AccessTokenOptions): Promise<Record<string, string>>;
  /**
   * Another session for the same base URL. Options that are given replace this session's; `headers` are merged.
   *
   * @throws {AuthError} As {@link createSession}, at once.
   * @example
   * const patient = session.extend({ timeout: 600_000 });
   */
  extend(options: SessionOptions): Session;
  /**
   * Ends the session: later calls reject with `session_disposed`, those under way go on. The module wipes what it knows of the
   * credential, unless a call is under way with it. Tokens that other sessions may use stay in the
   * cache. A session that is simply dropped leaks nothing.
   *
   * @example
   * session.dispose();
   */
  dispose(): void;
  /**
   * As {@link Session.dispose}, for `using`.
   *
   * @example
   * {
   *   using scoped = createSession("https://orders-abc.a.run.app");
   *   await scoped.get("/orders");
   * }
   */
  [Symbol.dispose](): void;
}

/**
 * What a session may be told. Unknown names, values of a wrong kind and `null` are `invalid_option` (for an audience:
 * `invalid_audience`); `undefined` is the default.
 */
export interface SessionOptions {
  /**
   * The text or the object of a credential file of any type that Application Default Credentials have (`service_account`,
   * `authorized_user`, `impersonated_service_account`, `external_account`, `external_account_authorized_user`), or of
   * `{ type: "metadata_server", service_account?, format?, licenses? }`; or a function that returns tokens. The hosts that a file
   * names have to be Google's, those of well-known metadata services, or among `allowedHosts`.
   *
   * Default, looked for at the first call (AIP-4110): the file that `GOOGLE_APPLICATION_CREDENTIALS` names, gcloud's file, the
   * metadata server, and gcloud itself; where there are no files, none.
   *
   * @example
   * // Workers have no files: hand the JSON over.
   * createSession("https://orders-abc.a.run.app", { credential: env.GOOGLE_KEY });
   */
  credential?: string | object | CredentialFunction | undefined;
  /**
   * Whom the ID tokens are for: their `aud` (RFC 7519, section 4.1.3), which the service compares byte by byte. 1 to 2048 visible
   * ASCII characters, spaces only between them; `invalid_audience` otherwise.
   *
   * Default: on `*.run.app` the origin of the base URL, elsewhere the base URL as typed, without its query and slashes at its end.
   *
   * @example
   * // A service behind a domain of its own that has this custom audience.
   * createSession("https://api.example.com/orders", { audience: "https://api.example.com" });
   */
  audience?: string | undefined;
  /**
   * The project that pays for quota, sent as `x-goog-user-project`. Visible ASCII characters. Default: with `scopes` what
   * `GOOGLE_CLOUD_QUOTA_PROJECT` says, or else the `quota_project_id` of the credential's file; without, none.
   *
   * @example
   * createSession("https://orders-abc.a.run.app", { quotaProject: "billed-project" });
   */
  quotaProject?: string | undefined;
  /**
   * The universe in which the credential lives; one that says another is refused. Default: `"googleapis.com"`.
   *
   * @example
   * createSession("https://orders-abc.a.run.app", { universeDomain: "googleapis.com" });
   */
  universeDomain?: string | undefined;
  /**
   * Calls carry an access token for these scopes in place of an ID token, as Google's APIs want it. Not beside `audience`. The
   * tokens of a user have the scopes that the user granted.
   *
   * @example
   * const storage = createSession("https://storage.googleapis.com/storage/v1", {
   *   scopes: ["https://www.googleapis.com/auth/devstorage.read_only"],
   * });
   */
  scopes?: readonly string[] | undefined;
  /**
   * The user for whom a service account calls, by domain-wide delegation: for access tokens of a service account's own key.
   *
   * @example
   * createSession("https://gmail.googleapis.com", { subject: "ada@example.com", scopes: ["https://mail.google.com/"] });
   */
  subject?: string | undefined;
  /**
   * The one type that the credential may be of, where its file comes from somebody else. Default: any.
   *
   * @example
   * createSession("https://orders-abc.a.run.app", { credential: uploaded, credentialType: "external_account" });
   */
  credentialType?: string | undefined;
  /**
   * Whether a service account's access tokens are JWTs that it signs itself, without an exchange (AIP-4111). Default: `false`.
   *
   * @example
   * createSession("https://storage.googleapis.com/storage/v1", { scopes: [scope], selfSigned: true });
   */
  selfSigned?: boolean | undefined;
  /**
   * Whether a user's ID tokens will do. They are for an OAuth client and not for the audience; Cloud Run accepts those of gcloud's
   * own client, other receivers do not. Default: `true`.
   *
   * @example
   * createSession("https://orders-abc.a.run.app", { userIdTokens: false });
   */
  userIdTokens?: boolean | undefined;
  /**
   * Where an `external_account` has its subject token from, in place of its `credential_source`: the job of GitHub Actions that
   * this runs in, Vercel (what comes with the request, else `VERCEL_OIDC_TOKEN`), or a function.
   *
   * @example
   * createSession("https://orders-abc.a.run.app", { credential: config, subjectToken: "github" });
   */
  subjectToken?: "github" | "vercel" | SubjectTokenFunction | undefined;
  /**
   * Is handed the refresh token that came in place of the credential's own, which may be void now, before the call that it came
   * with resolves; where that call fails, with the next token that is had; the same one perhaps more than once. What it throws
   * rejects the call. Sessions of the same JSON go on with the new
   * token; a file that the search found is read again after a failure, so that its new token has to be written to it.
   *
   * @example
   * createSession("https://orders-abc.a.run.app", { credential, onRefreshToken: (token) => save(token) });
   */
  onRefreshToken?: ((refreshToken: string) => unknown) | undefined;
  /**
   * Whether Google's command line may be run where nothing else has a credential (Node, Deno, Bun). Default: `true`.
   *
   * @example
   * createSession("https://orders-abc.a.run.app", { gcloud: false });
   */
  gcloud?: boolean | undefined;
  /**
   * Milliseconds that one call may take until its response's headers are there, token exchange included; the body may take longer.
   * Above 0, at most 2,147,483,647; false: as long as it takes. Default: 120,000. A call that takes longer rejects with a
   * {@link TimeoutError}.
   *
   * @example
   * createSession("https://orders-abc.a.run.app", { timeout: 10_000 });
   */
  timeout?: number | false | undefined;
  /**
   * How often, and after how long, what failed is tried again: the exchange for a token where it may pass
   * ({@link AuthError.transient}), and a request that got no answer, or one with certain statuses, where its method does twice what it
   * does once and its body can be sent again. `Retry-After` is heeded (RFC 9110, section 10.2.3). No wait goes beyond the call's
   * timeout: then its last answer or error comes at once. False: nothing is tried again, but for the one resend after a 401.
   * Default: see {@link RetryOptions}.
   *
   * @example
   * createSession("https://orders-abc.a.run.app", { retry: false });
   * createSession("https://orders-abc.a.run.app", { retry: { attempts: 5, statuses: [503] } });
   */
  retry?: RetryOptions | false | undefined;
  /**
   * The `User-Agent` of every call; browsers keep their own. Visible ASCII characters. Default: `$K_SERVICE/$K_REVISION`, which
   * Cloud Run sets for its services, else the runtime's own.
   *
   * @example
   * createSession("https://orders-abc.a.run.app", { userAgent: "checkout/1.4" });
   */
  userAgent?: string | undefined;
  /**
   * Headers of every call. Those of one call replace them by name. Default: none.
   *
   * @example
   * createSession("https://orders-abc.a.run.app", { headers: { "accept-language": "de" } });
   */
  headers?: RequestInit["headers"] | undefined;
  /**
   * Which header takes the ID token. Cloud Run looks at `x-serverless-authorization` first, and hands `authorization` on to the
   * service. Default: `"authorization"`, or the other one where the caller sets `Authorization` himself. A call that sets the
   * header named here is `invalid_option`.
   *
   * @example
   * createSession("https://orders-abc.a.run.app", { authorizationHeader: "x-serverless-authorization" });
   */
  authorizationHeader?: "authorization" | "x-serverless-authorization" | undefined;
  /**
   * false sends `Connection: close` with every call where the runtime can: on Node. Default: true.
   *
   * @example
   * createSession("https://orders-abc.a.run.app", { keepAlive: false });
   */
  keepAlive?: boolean | undefined;
  /**
   * Joins the base URL and what a call was given, in place of the rule for paths in {@link Session.get}. Its result has to be an
   * absolute URL on the base URL's origin, without userinfo and fragment; `invalid_path` otherwise, and nothing is sent. Absolute
   * input of {@link Session.fetch} does not pass through it. Default: the rule.
   *
   * @example
   * createSession("https://orders-abc.a.run.app", { joinUrl: (base, input) => new URL(`/v2/${input}`, base) });
   */
  joinUrl?: ((base: URL, input: string) => string | URL) | undefined;
  /**
   * Hosts that a credential file may name beside Google's own, as `host` or `host:port`. https, or plain http on this machine.
   * A file that names another is `untrusted_host`. Default: none.
   *
   * @example
   * createSession("https://orders-abc.a.run.app", { allowedHosts: ["token.internal.example:8443"] });
   */
  allowedHosts?: string[] | undefined;
  /**
   * The origin of an emulator on this machine, to which all that is for Google's endpoints goes instead. Default: the environment
   * variable `CLOUD_RUN_AUTH_EMULATOR`, where there is one and it may be read; else Google.
   *
   * @example
   * createSession("http://127.0.0.1:8085/run/hello", { endpoints: "http://127.0.0.1:8085" });
   */
  endpoints?: string | URL | undefined;
  /**
   * Told of every token exchange, so that a host that ends what a request leaves behind waits for it. Default: on Workers
   * `waitUntil` of `cloudflare:workers`, where that exists; elsewhere none.
   *
   * @example
   * createSession("https://orders-abc.a.run.app", { waitUntil: (promise) => ctx.waitUntil(promise) });
   */
  waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  /**
   * Sends everything in place of the runtime's fetch, token exchanges included. Default: `globalThis.fetch`, looked up at each call.
   *
   * @example
   * createSession("https://orders-abc.a.run.app", {
   *   [customFetch]: (input, init) => {
   *     console.log("sending", init?.method);
   *     return fetch(input, init);
   *   },
   * });
   */
  [customFetch]?: typeof fetch | undefined;
  /**
   * true, and nothing else, allows a base URL of plain http on other machines, where whoever is on the way can read and use the
   * token. Default: false.
   *
   * @example
   * createSession("http://orders.internal:8080", { [allowInsecureRequests]: true });
   */
  [allowInsecureRequests]?: boolean | undefined;
}

/** Names the option for a fetch of the caller's. A registered symbol: `Symbol.for("cloud-run-auth.customFetch")`. */
export const customFetch: unique symbol;

/**
 * Names the option that allows plain http to other machines. A registered symbol:
 * `Symbol.for("cloud-run-auth.allowInsecureRequests")`.
 */
export const allowInsecureRequests: unique symbol;

/**
 * How what failed is tried again. The wait before the next attempt is left to chance, from none at all to `delay` before the second and to
 * twice as much before each further one, at most `maxDelay`: so those who failed together do not come back together.
 */
export interface RetryOptions {
  /** Attempts in all, from 1 on. Default: 3. */
  attempts?: number | undefined;
  /** The longest wait before the second attempt, in milliseconds. Default: 500. */
  delay?: number | undefined;
  /** What the longest wait grows to, in milliseconds; where a server asks for a longer one, its word counts. Default: 30,000. */
  maxDelay?: number | undefined;
  /**
   * The methods whose requests may be sent twice (RFC 9110, section 9.2.2). Default: GET, HEAD, OPTIONS, PUT, DELETE.
   *
   * @example
   * await session.post("/orders", { json: { id: "7f3", item: 7 }, retry: { methods: ["POST"] } });
   */
  methods?: string[] | undefined;
  /** The statuses after which a request is sent again. Default: 408, 429, 500, 502, 503, 504. */
  statuses?: number[] | undefined;
}

/** What one call may be told: everything that the runtime's fetch takes, and four members of ours. */
export type SessionInit = RequestInit & OwnInit & RuntimeInit;

/** The members of {@link SessionInit} that fetch does not know. */
export interface OwnInit {
  /**
   * The body, as JSON; together with `body` it is `invalid_option`. `Content-Type` is `application/json` unless it is set.
   *
   * @example
   * await session.post("/orders", { json: { item: 7 } });
   */
  json?: unknown;
  /**
   * Added to the query, after what the base URL and the path have. Members of an object that are undefined are left out.
   *
   * @example
   * await session.get("/orders", { searchParams: { page: 2, sort: "date" } });
   */
  searchParams?:
    string | URLSearchParams | Iterable<[string, string]> | Record<string, string | number | bigint | boolean | undefined> | undefined;
  /**
   * As the session's option, for this call. Default: the session's.
   *
   * @example
   * await session.get("/report", { timeout: false });
   */
  timeout?: number | false | undefined;
  /**
   * As the session's option, for this call; members that are left out are the session's.
   *
   * @example
   * await session.get("/report", { retry: false });
   */
  retry?: RetryOptions | false | undefined;
}

/**
 * Members that one runtime's fetch knows and the types of another do not: they are handed on as they are. Where the types in use
 * know a member, they say what it may be. For one that is missing here, add it in a `declare module "cloud-run-auth"`.
 */
export interface RuntimeInit {
  /** Cloudflare Workers. */
  cf?: unknown;
  /** Deno. */
  client?: unknown;
  /** undici, and with it Node. */
  dispatcher?: unknown;
  /** Node, for bodies that stream; `"half"` is set for them where it is left out. */
  duplex?: unknown;
  /** Next.js. */
  next?: unknown;
  /** Bun. */
  proxy?: unknown;
  /** Bun. */
  tls?: unknown;
  /** Bun. */
  unix?: unknown;
  /** Bun. */
  verbose?: unknown;
}

/**
 * A credential of the caller's: returns a token for what is needed, or fails, which rejects the call with
 * `credential_function_failed` and the failure as `cause`. Where that has `transient: true`, so has the error.
 *
 * A JWT is kept until its `exp` (RFC 7519, section 4.1.4), `{ token, expiresAt }` until then (milliseconds since the Unix epoch), any
 * other text not at all. Functions are told apart by identity: one that is written anew for each session has no part in the tokens
 * of the last one.
 *
 * @example
 * const fromSidecar: CredentialFunction = async ({ audience, signal }) => {
 *   const response = await fetch(`http://127.0.0.1:9000/id-token?audience=${encodeURIComponent(audience ?? "")}`, { signal });
 *   if (!response.ok) throw new Error(`the sidecar answered ${response.status}`);
 *   return response.text();
 * };
 */
export type CredentialFunction = (need: CredentialNeed) => Promise<string | { token: string; expiresAt: number }>;

/**
 * Gives the subject token of an `external_account`: the token of another identity provider that Google is to exchange.
 *
 * @example
 * const fromVault: SubjectTokenFunction = async ({ audience, signal }) => {
 *   const response = await fetch(`https://vault.example/token?for=${encodeURIComponent(audience)}`, { signal });
 *   return response.text();
 * };
 */
export type SubjectTokenFunction = (need: SubjectTokenNeed) => Promise<string> | string;

/** What a {@link SubjectTokenFunction} is asked for. */
export interface SubjectTokenNeed {
  /** The type of token that the credential's file names. */
  subjectTokenType: string;
  /** The provider that is to accept it, as the file names it. */
  audience: string;
  /** Aborts when nobody waits for the token any more. */
  signal: AbortSignal;
}

/** What a {@link CredentialFunction} is asked for: an ID token for an audience, or an access token for scopes. */
export interface CredentialNeed {
  /** The audience of an ID token; absent where an access token is needed. */
  audience?: string;
  /** The scopes of an access token, sorted; absent where an ID token is needed. */
  scopes?: string[];
  /** Aborts when the call that needs the token is aborted or runs out of time. */
  signal: AbortSignal;
}

/** What any token may be asked for with. */
export interface TokenOptions {
  /**
   * true: a new token, even if one is had. Default: false.
   *
   * @example
   * await session.getIdToken({ forceRefresh: true });
   */
  forceRefresh?: boolean | undefined;
  /**
   * Ends the wait; the rejection is the signal's own reason. The session's timeout holds too. Default: none.
   *
   * @example
   * await session.getIdToken({ signal: AbortSignal.timeout(5_000) });
   */
  signal?: AbortSignal | undefined;
}

/** What an ID token may be asked for with. */
export interface IdTokenOptions extends TokenOptions {
  /**
   * Whom the token is for. Default: the session's audience.
   *
   * @example
   * await session.getIdToken({ audience: "https://orders.example.com" });
   */
  audience?: string | undefined;
}

/** What an access token may be asked for with. */
export interface AccessTokenOptions extends TokenOptions {
  /**
   * What the token is good for (RFC 6749, section 3.3); their order does not matter. `invalid_scope` where there is none, or one
   * has a character that no scope has. Default: `["https://www.googleapis.com/auth/cloud-platform"]`.
   *
   * @example
   * await session.getAccessToken({ scopes: ["https://www.googleapis.com/auth/devstorage.read_only"] });
   */
  scopes?: readonly string[] | undefined;
}

/** What went wrong, for programs. A code keeps its meaning; later versions may add codes. */
export type ErrorCode =
  /** An option of a session or a call has a value that it cannot have. */
  | "invalid_option"
  /** The base URL of a session is not one that credentials may be sent to. */
  | "invalid_base_url"
  /** The path of a call leaves the base URL, or cannot be told to stay below it. */
  | "invalid_path"
  /** The audience of an ID token is empty or holds characters that it cannot have. */
  | "invalid_audience"
  /** The scopes of an access token are missing, or hold characters that they cannot have. */
  | "invalid_scope"
  /** No credential was given and none was found where one is looked for. */
  | "credential_not_found"
  /** A credential file was named but could not be read. */
  | "credential_unreadable"
  /** The credential is not what its type asks for. */
  | "invalid_credential"
  /** The credential is of a type, or asks for something, that is not supported. */
  | "unsupported_credential"
  /** The credential names a host that credentials are not sent to. */
  | "untrusted_host"
  /** The host could not sign with the credential's key. */
  | "signing_failed"
  /** The caller's own credential function failed, or returned no token. */
  | "credential_function_failed"
  /** The token endpoint refused the exchange; trying again will not help. */
  | "exchange_refused"
  /** The token endpoint could not be reached or could not answer; trying again may help. */
  | "exchange_unavailable"
  /** The token endpoint answered with something that is not a token. */
  | "invalid_answer"
  /** The clock of this machine is too far from the token endpoint's. */
  | "clock_skew"
  /** The call did not get its headers within its timeout, token exchange included. */
  | "timeout"
  /** A redirect could not be followed without knowing where it leads. */
  | "redirect_refused"
  /** The session was disposed of before the call. */
  | "session_disposed"
  /** More calls wait for a token than this module keeps track of. */
  | "too_many_operations"
  /** The host cannot do what the credential needs. */
  | "unsupported_by_host"
  /** The WebAssembly module failed; it is started anew for the next call. */
  | "core_failed"
  /** The login cannot go on: it is not of this browser, too long ago, was used before, or is not what the provider answered to. */
  | "login_invalid"
  /** The user did not want to log in, or to grant what was asked for. */
  | "login_cancelled"
  /** The user has to log in: nobody did, or the provider no longer accepts what was granted. */
  | "login_required"
  /** The token is another user's. */
  | "user_mismatch"
  /** The user granted less than is asked for. */
  | "scopes_missing"
  /** The store does not take the read or write; trying again will not help. */
  | "store_refused"
  /** The store could not be reached or did not answer; whether a write took place is not known. */
  | "store_unavailable"
  /** A request came without a token. */
  | "token_missing"
  /** The token is no ID token of that issuer: its form, its signature or its claims are not what they have to be. */
  | "token_invalid"
  /** The token's signature was taken off by Google, so that it proves nothing. */
  | "token_unsigned"
  /** The token was good, and has ended. */
  | "token_expired"
  /** The token is for another service. */
  | "audience_mismatch"
  /** The token may be good, but is not of a caller who may call. */
  | "caller_refused"
  /** The keys of the token's issuer cannot be had; trying again may help. */
  | "keys_unavailable"
  /** The policy of a token service is none, or grants what cannot be. */
  | "invalid_policy";

/**
 * Whatever goes wrong before a service has answered. Messages say what happened and what to do next, and hold no token, assertion
 * or key.
 *
 * @example
 * try {
 *   await session.get("/orders");
 * } catch (error) {
 *   if (error instanceof AuthError && error.code === "credential_not_found") console.error("set GOOGLE_APPLICATION_CREDENTIALS");
 *   else throw error;
 * }
 */
export class AuthError extends Error {
  /** Made by this package alone. */
  protected constructor(code: ErrorCode, message: string);
  /** The class's name. */
  readonly name: "AuthError" | "TimeoutError";
  /** What went wrong, to branch on. */
  readonly code: ErrorCode;
  /** Whether the same call may succeed later without anything being changed (AIP-194). */
  readonly transient: boolean;
  /** Milliseconds that the server asked to be left alone, where it did (RFC 9110, section 10.2.3). */
  readonly retryAfter?: number;
  /** What the token endpoint said, where it answered. */
  readonly server?: ServerSaid;
  /** The runtime's or the caller's own error, where one is behind this. */
  readonly cause?: unknown;
}

/**
 * A call took longer than its timeout.
 *
 * @example
 * try {
 *   await session.get("/orders", { timeout: 2_000 });
 * } catch (error) {
 *   if (error instanceof TimeoutError) console.error("no answer within two seconds");
 *   else throw error;
 * }
 */
export class TimeoutError extends AuthError {
  /** Made by this package alone. */
  protected constructor(ms: number);
  /** The class's name. */
  readonly name: "TimeoutError";
  /** Always the same. */
  readonly code: "timeout";
}

/** What a token endpoint said in an answer that was no token. Its words are cut and rid of anything that could be a token. */
export interface ServerSaid {
  /** The HTTP status. */
  readonly status: number;
  /** The OAuth `error` (RFC 6749, section 5.2) or the `status` of Google's error, if the answer held one. */
  readonly error?: string | undefined;
  /** The server's own words, if the answer held any. */
  readonly description?: string | undefined;
}
