/**
 * Makes an emulator: Google's token endpoint, its published keys, and private Cloud Run services, behind one function from
 * `Request` to `Response`. It uses web APIs alone, so the same code runs in Node, Deno, Bun, browsers and workerd.
 * Nothing happens before the first call: no timers, no randomness, no I/O.
 */
export function createEmulator(options?: EmulatorOptions): Emulator;

export interface EmulatorOptions {
  /** The real clock, in milliseconds. The emulator's own clock is derived from it, see {@link Clock}. Default: `Date.now`. */
  now?: () => number;
  /** Lifetime of ID tokens in seconds. Default: 3600. */
  idTokenLifetime?: number;
  /** Lifetime of access tokens in seconds. Default: 3600. */
  accessTokenLifetime?: number;
  /** What the JWKS answer's `max-age` says, in seconds. Default: 20000. */
  jwksMaxAge?: number;
  /**
   * Where the emulator is reached, such as `"http://127.0.0.1:8085"`. Audiences are made from it. Without it, `serve` fills it
   * in, and every request's own origin counts as well.
   */
  origin?: string;
  /** Serve the control plane under `/_emulator/`. Default: true. */
  control?: boolean;
  /** Called once for each request that has ended, with its log entry. */
  onRequest?: (entry: LogEntry) => void;
}

export interface Emulator {
  /**
   * Answers one request; redirects are not followed. Rejects only where a network would fail: the fault `reset`, or an aborted
   * request. Bound, so that it can be handed to a server (`Deno.serve(emulator.fetch)`) or, as its `fetch`, to a client.
   */
  fetch(request: Request, context?: RequestContext): Promise<Response>;
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;
  /** Makes a key of a service account, in the format of Google's key files, and registers it. */
  createServiceAccountKey(options?: ServiceAccountKeyOptions): Promise<ServiceAccountKeyFile>;
  /** Registers an existing key file, so that its assertions are accepted. */
  addServiceAccount(key: ServiceAccountKeyFile | string, options?: DelegationOptions): Promise<void>;
  /** Forgets an account and all its keys: from now on its assertions fail with "account not found". */
  removeServiceAccount(email: string): void;
  /** Adds a private Cloud Run service at `{origin}/run/{name}`, or replaces the one of that name. */
  addService(name: string, options?: ServiceOptions): Service;
  /** Signs with a new key from now on. The old one stays published unless `keep` is false, which voids tokens signed with it. */
  rotateKeys(options?: { keep?: boolean }): Promise<void>;
  /** Every request since the start or the last reset, oldest first, at most 10,000. Holds no token, key or assertion. */
  readonly log: LogEntry[];
  /** Makes matching requests fail, until used up or cleared. Of several that match, the one added first is used. */
  addFault(fault: Fault): void;
  clearFaults(): void;
  /** Empties the log, clears faults, voids access tokens and sets the clock right. Accounts, services and signing keys stay. */
  reset(): void;
  readonly clock: Clock;
  /** Where the emulator is reached; undefined until known. */
  origin: string | undefined;
}

/** What an adapter knows about a request that a `Request` cannot hold. */
export interface RequestContext {
  /** The request target exactly as received, before any URL parser straightened it: `/run/hello/a/../b?x`. */
  rawTarget?: string;
}

/** The emulator's clock. It runs from the real one, `scale` times as fast. */
export interface Clock {
  /** Milliseconds by which the emulator's clock is ahead of the real one. With a scale other than 1 it drifts. */
  offset: number;
  /** Emulated seconds per real second. 0 freezes the clock. */
  scale: number;
  /** The emulated time, in milliseconds. */
  now(): number;
}

export interface DelegationOptions {
  /** Scopes for which the account may act as any user (domain-wide delegation). Default: none. */
  delegatedScopes?: string[];
}

export interface ServiceAccountKeyOptions extends DelegationOptions {
  /** Default: `emulator@{projectId}.iam.gserviceaccount.com`. A known email gets one more key. */
  email?: string;
  /** Default: `"emulator-project"`. */
  projectId?: string;
  /** Size of the RSA key. Default: 2048. Smaller ones are made, but their signatures are never accepted. */
  bits?: number;
  /** Default: `"https://oauth2.googleapis.com/token"`. */
  tokenUri?: string;
}

/** Google's own file format for keys of service accounts. */
export interface ServiceAccountKeyFile {
  type: "service_account";
  project_id: string;
  private_key_id: string;
  private_key: string;
  client_email: string;
  client_id: string;
  auth_uri: string;
  token_uri: string;
  auth_provider_x509_cert_url: string;
  client_x509_cert_url: string;
  universe_domain: string;
}

/** Claims of an ID token that the emulator issued. */
export interface Claims {
  iss: string;
  aud: string;
  azp: string;
  sub: string;
  email: string;
  email_verified: boolean;
  iat: number;
  exp: number;
}

export type ServiceHandler = (request: Request, caller: Claims) => Response | Promise<Response>;

export interface ServiceOptions {
  /** Audiences accepted beside the service's own URL. */
  audiences?: string[];
  /** Emails that may call the service, or `"any"` valid caller. Default: `"any"`. */
  invokers?: string[] | "any";
  /**
   * What answers an authorized request: a function, `"echo"` (JSON that describes the request, see {@link Echo}), or
   * `"mirror"` (the request's body, streamed back as it comes). Default: `"echo"`.
   */
  handler?: ServiceHandler | "echo" | "mirror";
}

export interface Service {
  readonly name: string;
  /** The base URL, and the audience that is always accepted. Throws while the emulator does not know its origin. */
  readonly url: string;
  remove(): void;
}

/** The answer of a service without a handler of its own. */
export interface Echo {
  service: string;
  method: string;
  /** The path below the service as received, without the query. `""` where nothing followed the service's name. */
  path: string;
  /** The whole URL as received. */
  url: string;
  /** The query as received, without its question mark. */
  query: string;
  /** What reached the service, with the signatures of tokens removed. */
  headers: Record<string, string>;
  /** The body as text. */
  body: string;
  /** The body's length in bytes. */
  bodyBytes: number;
  /** The caller's email. */
  caller: string;
  aud: string;
}

export type Endpoint = "token" | "certs" | "discovery" | "service";

export interface LogEntry {
  /** Counts up from 1 over the emulator's life. */
  id: number;
  /** Emulated time of arrival, in milliseconds. */
  time: number;
  /** The endpoint's name, `"preflight"` for CORS preflights, `"none"` where nothing is served. */
  endpoint: Endpoint | "preflight" | "none";
  method: string;
  /** The path as received. */
  path: string;
  /** The query as received, with the values of secrets replaced. */
  query: string;
  /** null while there is no answer, and for good where a fault withheld it. */
  status: number | null;
  /** `"pending"`, `"ok"`, or what went wrong in a few words. */
  outcome: string;
  /** The kind of fault that was injected. */
  fault?: string;
  token?: TokenLog;
  service?: ServiceLog;
}

/** What a token request asked for, and what was wrong with it. Read from the assertion even where that is refused. */
export interface TokenLog {
  grant: string | null;
  issuer: string | null;
  /** The assertion's `kid`, null where it has none. */
  kid: string | null;
  kind: "id_token" | "access_token" | null;
  audience?: string;
  scope?: string;
  subject?: string;
  error?: string;
  errorDescription?: string;
}

export interface ServiceLog {
  name: string;
  /** The caller's email; null where no valid token came. */
  caller: string | null;
  aud: string | null;
  /** The headers as they came, with credentials replaced. */
  headers: Record<string, string>;
}

/**
 * Something that goes wrong. `status`, `body` or `json` replace the endpoint's answer; without them the endpoint works, and its
 * answer is then spoiled by the other fields. Credentials are not checked where the answer is replaced.
 */
export interface Fault {
  endpoint: Endpoint | "any";
  /** Only requests whose path and query, as received, contain this. */
  match?: string;
  /** How many requests fail. Default: all, until cleared. */
  times?: number;
  status?: number;
  /** Set on the answer, replacing what stands there. */
  headers?: Record<string, string>;
  /** Text, or `"html"` (an error page), `"huge"` (valid JSON of 2 MiB, streamed) or `"endless"` (JSON that never ends). */
  body?: string;
  /** Answer this value as JSON. */
  json?: unknown;
  /** Put this text where the `id_token` goes. */
  idToken?: string;
  /** Milliseconds before anything happens. */
  delay?: number;
  /** Never answer. */
  hang?: boolean;
  /** Reset the connection instead of answering. */
  reset?: boolean;
  /** Declare the full length, send half the body, close the connection. */
  torn?: boolean;
  /** Milliseconds between pieces of the body. */
  slowBody?: number;
}
