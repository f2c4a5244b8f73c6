/**
 * Makes an emulator: Google's token endpoints (OAuth 2.0, STS, IAM credentials, the metadata server), its published keys, private
 * Cloud Run services, and what federation needs of others, behind one function from `Request` to `Response`. It uses web APIs alone, so the same code runs in Node, Deno, Bun, browsers and workerd.
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
  /** Registers an account without a key, or changes one that is known. */
  createServiceAccount(options: ServiceAccountOptions): { email: string; projectId: string; uniqueId: string };
  /** Forgets an account and all its keys: from now on its assertions fail with "account not found". */
  removeServiceAccount(email: string): void;
  /**
   * Gives `caller` the role Service Account Token Creator on `target`, which need not be known yet. The caller is an email, the
   * principal of a federated identity (`principal://…/subject/…`), or a whole pool (`principalSet://…/*`).
   */
  allowImpersonation(grant: ImpersonationGrant): void;
  disallowImpersonation(grant: ImpersonationGrant): void;
  /** Makes a user's credential file, as `gcloud auth application-default login` writes it. */
  createAuthorizedUser(options?: AuthorizedUserOptions): AuthorizedUserFile;
  /** Makes a workforce identity's credential file, as gcloud writes it. */
  createExternalAuthorizedUser(options?: ExternalAuthorizedUserOptions): ExternalAuthorizedUserFile;
  /** Revokes a user's refresh tokens, demands reauthentication, or makes all good again. `user` is an email, a principal or a refresh token. */
  setUserState(user: string, state: UserState): void;
  /** Registers an OAuth client that people log in with, and gives its file, in the format of Google's console. */
  createOAuthClient(options?: OAuthClientOptions): OAuthClientFile;
  /** Adds somebody with an account, who can log in. Until one is added there is `developer@example.com`. */
  addPerson(options: PersonOptions): Required<Omit<PersonOptions, "hd">> & { hd: string | undefined };
  /**
   * Says yes or no on the consent page that an application sends a browser to, without a browser. Gives the URL that the browser is sent
   * back to.
   */
  consent(url: string | URL, decision?: ConsentDecision): Promise<string>;
  /** The same for a device, by the code that it shows. */
  consentDevice(userCode: string, decision?: ConsentDecision): Promise<string>;
  /** Registers a provider of an identity pool, or replaces the one of that audience. */
  addProvider(provider: ProviderOptions): void;
  /** Signs an ID token of the emulator's own OIDC issuer, which stands for somebody else's, at `{origin}/_oidc`. */
  issueSubjectToken(options: SubjectTokenOptions): Promise<string>;
  /**
   * Signs what Identity-Aware Proxy sends a service along with a request, in the header `x-goog-iap-jwt-assertion`. Its keys are at
   * `{origin}/iap/verify/public_key-jwk`, and in PEM at `{origin}/iap/verify/public_key`.
   *
   * @example
   * ```js
   * const assertion = await emulator.issueIapAssertion({ audience: "/projects/1/global/backendServices/2", email: "ada@example.com" });
   * ```
   *
   * @throws TypeError where audience or email is no text.
   */
  issueIapAssertion(options: IapAssertionOptions): Promise<string>;
  /** Makes a job of GitHub Actions that may ask for ID tokens, and the environment that it sees. */
  createGitHubJob(options?: GitHubJobOptions): GitHubJob;
  /** Whose tokens Azure's metadata service hands out at `{origin}/metadata/identity/oauth2/token`. */
  configureAzure(options: AzureOptions): void;
  /** Makes an access key of AWS, with which requests for GetCallerIdentity can be signed. */
  createAwsKey(options?: AwsKeyOptions): AwsKey;
  /** Changes what EC2's instance metadata service says at `{origin}/latest/…`, and makes it forget the role's key. */
  configureImds(options: ImdsOptions): void;
  /** Changes what the metadata server says, and makes it forget the tokens that it keeps. */
  configureMetadata(options: MetadataOptions): void;
  /** Adds a private Cloud Run service at `{origin}/run/{name}`, or replaces the one of that name. */
  addService(name: string, options?: ServiceOptions): Service;
  /**
   * Adds a bucket of Cloud Storage, or changes who may use the one of that name, whose objects stay. There is one from the start,
   * `emulator-bucket`, for every service account.
   */
  addBucket(name: string, options?: BucketOptions): Bucket;
  /**
   * Signs with a new key from now on, Google's ID tokens and Identity-Aware Proxy's assertions. The old ones stay published unless `keep` is
   * false, which voids tokens signed with them.
   */
  rotateKeys(options?: { keep?: boolean }): Promise<void>;
  /** Every request since the start or the last reset, oldest first, at most 10,000. Holds no token, key or assertion. */
  readonly log: LogEntry[];
  /** Makes matching requests fail, until used up or cleared. Of several that match, the one added first is used. */
  addFault(fault: Fault): void;
  clearFaults(): void;
  /** Empties the log and the buckets, clears faults, voids access tokens and sets the clock right. Everything that was registered stays, and the signing keys. */
  reset(): void;
  readonly clock: Clock;
  /** Where the emulator is reached; undefined until known. */
  origin: string | undefined;
}

/** What an adapter knows about a request that a `Request` cannot hold. */
export interface RequestContext {
  /** The request target exactly as received, before any URL parser straightened it: `/run/hello/a/../b?x`. */
  rawTarget?: string;
  /** The certificate that the client showed in the TLS connection, and proved to hold the key of: DER. */
  clientCertificate?: Uint8Array;
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
  /** Default: `"googleapis.com"`. The token endpoint knows no accounts of other universes; the APIs take their self-signed JWTs. */
  universeDomain?: string;
}

export interface ServiceAccountOptions extends DelegationOptions {
  email: string;
  /** Default: what the email says, else `"emulator-project"`. */
  projectId?: string;
  /** Default: `"googleapis.com"`. */
  universeDomain?: string;
  /** The longest life of an access token that IAM makes for it, in seconds, at most 43200. Default: 3600. */
  maxLifetime?: number;
}

export interface ImpersonationGrant {
  caller: string;
  /** Email of the service account. */
  target: string;
}

export interface AuthorizedUserOptions {
  /** Default: `"developer@example.com"`. */
  email?: string;
  /** Default: gcloud's, whose ID tokens every service accepts if the user is an invoker. */
  clientId?: string;
  clientSecret?: string;
  /** What the user consented to. Default: openid, userinfo.email, cloud-platform. */
  scopes?: string[];
  /** Answer every refresh with a new refresh token, which puts the old one out of use. Default: false. */
  rotate?: boolean;
  /** What comes of the refresh token once it is used. Default: `"fixed"`, or `"rotate"` with that option. */
  refresh?: RefreshMode;
  quotaProjectId?: string;
  /** Default: `"googleapis.com"`. */
  universeDomain?: string;
}

export interface AuthorizedUserFile {
  account: string;
  client_id: string;
  client_secret: string;
  quota_project_id?: string;
  refresh_token: string;
  type: "authorized_user";
  universe_domain: string;
}

export interface ExternalAuthorizedUserOptions {
  /** A workforce provider's resource name: `//iam.googleapis.com/locations/global/workforcePools/POOL/providers/PROVIDER`. */
  audience?: string;
  /** Default: `"developer"`. The principal is `principal://iam.googleapis.com/locations/global/workforcePools/POOL/subject/SUBJECT`. */
  subject?: string;
  clientId?: string;
  clientSecret?: string;
  /** Default: cloud-platform. */
  scopes?: string[];
  rotate?: boolean;
  /** Default: Google's own. */
  tokenUrl?: string;
  quotaProjectId?: string;
  universeDomain?: string;
}

export interface ExternalAuthorizedUserFile {
  type: "external_account_authorized_user";
  audience: string;
  client_id: string;
  client_secret: string;
  quota_project_id?: string;
  refresh_token: string;
  token_url: string;
  token_info_url: string;
  revoke_url: string;
  universe_domain: string;
}

export type UserState = "active" | "revoked" | "reauth";

/**
 * What comes of a refresh token once it is used. `fixed`: it stays, as at Google. `rotate`: a new one comes in its place. `leeway`: a new one
 * comes, and the old one is good until that is used. `strict`: a new one comes, and whoever uses the old one ends both (RFC 9700, section 4.14.2).
 */
export type RefreshMode = "fixed" | "rotate" | "leeway" | "strict";

export interface OAuthClientOptions {
  /** Default: `"web"`. An installed app is sent back to any port of its machine (RFC 8252, section 7.3). */
  type?: "web" | "installed";
  /** Where browsers may be sent back to, each exactly as it is asked for. */
  redirectUris?: string[];
  /** What people are shown. Default: `"Emulator"`. */
  name?: string;
  clientId?: string;
  clientSecret?: string;
  /** Default: `"fixed"`. */
  refresh?: RefreshMode;
}

/** A client's file: its one member is `web` or `installed`. */
export type OAuthClientFile = Record<
  string,
  {
    client_id: string;
    project_id: string;
    auth_uri: string;
    token_uri: string;
    auth_provider_x509_cert_url: string;
    client_secret: string;
    redirect_uris: string[];
  }
>;

export interface PersonOptions {
  email: string;
  /** Default: a random number of 21 digits. */
  sub?: string;
  name?: string;
  givenName?: string;
  familyName?: string;
  picture?: string;
  /** The domain of an organisation. Default: none. */
  hd?: string;
}

export interface ConsentDecision {
  /** Whose account, by its email. Default: the one that the page offers first. */
  account?: string;
  /** Which scopes are ticked. Default: all that are asked for. */
  scopes?: string[];
  /** Default: false. */
  deny?: boolean;
}

/** A provider of an identity pool. `audience` is its full resource name, `//iam.googleapis.com/projects/NUMBER/locations/global/…`. */
export type ProviderOptions =
  | {
      kind: "oidc";
      audience: string;
      /** With `jwks`, somebody's own issuer. Without both, the emulator's. */
      issuer?: string;
      jwks?: { keys: object[] };
      /** What `aud` may be. Default: the provider's resource name, with and without `https:` before it. */
      allowedAudiences?: string[];
    }
  | {
      kind: "aws";
      audience: string;
      /** Whose keys are let in. */
      accountId: string;
      /** Refuse requests whose signature leaves out `x-goog-cloud-target-resource`, as some of Google's own libraries do. Default: false. */
      signedTarget?: boolean;
    }
  | {
      kind: "x509";
      audience: string;
      /** Trust anchors, as PEM: roots, or client certificates themselves. */
      roots: string[];
    }
  | {
      kind: "saml";
      audience: string;
      /** The entity id. Issuer, audience and time of a response are checked; its signature is not. */
      issuer: string;
    };

export interface SubjectTokenOptions {
  subject: string;
  audience: string | string[];
  /** Default: `{origin}/_oidc`. */
  issuer?: string;
  /** In seconds; below 0 the token has expired. Default: 600. */
  lifetime?: number;
  /** Further claims; they win over those made. */
  claims?: Record<string, unknown>;
}

export interface IapAssertionOptions {
  /** Of a backend service: `"/projects/NUMBER/global/backendServices/ID"`; of App Engine: `"/projects/NUMBER/apps/ID"`. */
  audience: string;
  /** Whoever came in. He is the person of that email; one that is not known is added. Default: `"developer@example.com"`. */
  email?: string;
  /** In seconds; below 0 the assertion has expired. Default: 600. */
  lifetime?: number;
  /** Further claims; they win over those made. */
  claims?: Record<string, unknown>;
}

export interface GitHubJobOptions {
  /** Default: `"octo-org/octo-repo"`. */
  repository?: string;
  /** Default: `"refs/heads/main"`. The subject is `repo:REPOSITORY:ref:REF`. */
  ref?: string;
  claims?: Record<string, unknown>;
}

export interface GitHubJob {
  /** Has a query already: the audience is appended as `&audience=…`. */
  url: string;
  /** The bearer token for it. */
  token: string;
  /** The two as variables. */
  env: { ACTIONS_ID_TOKEN_REQUEST_URL: string; ACTIONS_ID_TOKEN_REQUEST_TOKEN: string };
}

export interface AzureOptions {
  /** The managed identity's object id. */
  subject?: string;
  clientId?: string;
}

export interface AwsKeyOptions {
  /** Default: `"123456789012"`. */
  accountId?: string;
  /** Makes a temporary key, of somebody who has assumed this role. */
  role?: string;
  /** Whose long-lived key it is otherwise. Default: `"developer"`. */
  user?: string;
  accessKeyId?: string;
  secretAccessKey?: string;
  sessionToken?: string;
}

export interface AwsKey {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary keys alone. */
  sessionToken?: string;
  accountId: string;
  /** The subject that Google makes of it. */
  arn: string;
}

/** What is left out stays as it is. */
export interface ImdsOptions {
  /** false: there is no such service. Default: true. */
  enabled?: boolean;
  /** Default: `"123456789012"`. */
  accountId?: string;
  /** Default: `"emulator-role"`. */
  role?: string;
  /** The region and a letter. Default: `"us-east-1a"`. */
  zone?: string;
  /** Demand a session token (IMDSv2). Default: true. */
  requireSession?: boolean;
  /** Lifetime of the role's keys in seconds. Default: 21600. */
  keyLifetime?: number;
}

/** What is left out stays as it is. */
export interface MetadataOptions {
  /** false: there is no metadata server. Default: true. */
  enabled?: boolean;
  /** Email of the default account. Default: `"emulator@emulator-project.iam.gserviceaccount.com"`. */
  account?: string;
  /** The default account's scopes. Default: cloud-platform, userinfo.email. */
  scopes?: string[];
  /** Further accounts. Default: none. */
  accounts?: { email: string; scopes?: string[]; aliases?: string[] }[];
  /** Default: `"emulator-project"`. */
  projectId?: string;
  /** Default: `"123456789012"`. */
  numericProjectId?: string;
  /** Default: `"googleapis.com"`. */
  universeDomain?: string;
  instanceId?: string;
  instanceName?: string;
  /** Without the project: `"europe-west1-b"`. */
  zone?: string;
  /** Ids that `licenses=TRUE` puts into ID tokens. */
  licenses?: string[];
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
  /** A service is only ever called with both; tokens made elsewhere may lack them. */
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

export interface BucketOptions {
  /**
   * Who may get and list objects: emails and principals, `"serviceAccounts"` (each of them), or `"any"` valid caller. Writers may,
   * too. Default: `"serviceAccounts"`.
   */
  readers?: string[] | "serviceAccounts" | "any";
  /** Who may do everything with objects. Default: `"serviceAccounts"`. */
  writers?: string[] | "serviceAccounts" | "any";
  /**
   * Take one write of an object a second, by the emulator's clock, and answer 429 to more. Cloud Storage's own limit is of that
   * order, and less exact. Default: true.
   */
  limitWrites?: boolean;
}

export interface Bucket {
  readonly name: string;
  /** Removes the bucket with all that is in it. */
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

/**
 * `token` is `POST /token`, whatever the grant; `refresh` is its refresh_token grant alone. `sts` is `/v1/token` and
 * `/v1/oauthtoken`, `oidc` the issuer of subject tokens, `storage` is Cloud Storage's objects, `api` the stand-in for all other APIs.
 */
export type Endpoint =
  | "token"
  | "refresh"
  | "authorize"
  | "device"
  | "revoke"
  | "userinfo"
  | "tokeninfo"
  | "certs"
  | "discovery"
  | "sts"
  | "iam"
  | "metadata"
  | "imds"
  | "oidc"
  | "github"
  | "azure"
  | "storage"
  | "api"
  | "service";

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
  sts?: StsLog;
  iam?: IamLog;
  storage?: StorageLog;
  api?: ApiLog;
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
  /** Whom a delegated token names, or whose refresh token came. */
  subject?: string;
  /** The OAuth client, once it has proven itself. */
  client?: string;
  error?: string;
  errorDescription?: string;
}

/** What was asked of the STS, and what was wrong with it. */
export interface StsLog {
  grant: string | null;
  audience: string | null;
  scope: string | null;
  subjectTokenType: string | null;
  /** The OAuth client, once it has proven itself. */
  client: string | null;
  /** The federated identity; null until it is known. */
  principal: string | null;
  userProject?: string;
  /** Of AWS: whether the signature covers `x-goog-cloud-target-resource`. */
  signedTarget?: boolean;
  error?: string;
  errorDescription?: string;
}

/** What was asked of IAM credentials. */
export interface IamLog {
  /** `"generateIdToken"`, `"generateAccessToken"`, `"signJwt"` or `"signBlob"`. */
  method: string;
  /** As named in the path. */
  target: string;
  delegates: string[];
  /** An email or a principal; null where the credential was not good. */
  caller: string | null;
  audience?: string;
  /** Joined by blanks. */
  scope?: string;
  lifetime?: string;
  includeEmail?: boolean;
}

/** What was asked of Cloud Storage. */
export interface StorageLog {
  /** As the API names it. */
  operation: "get" | "list" | "insert" | "patch" | "delete";
  bucket: string;
  /** Absent in a list, and while the name has not been read. */
  object?: string;
  /** null where no valid token came, and in the later requests of a resumable upload, which need none. */
  caller: string | null;
  /** Of the object that was read, written or deleted. */
  generation?: string;
}

export interface ApiLog {
  caller: string;
  /** From `x-goog-user-project`. */
  quotaProject: string | null;
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
  /** Reset the connection instead of answering. Nothing is done. */
  reset?: boolean;
  /** Do what was asked, and then reset the connection instead of answering. */
  lost?: boolean;
  /** Declare the full length, send half the body, close the connection. */
  torn?: boolean;
  /** Milliseconds between pieces of the body. */
  slowBody?: number;
}
