// Not run, only compiled: what people write must fit the types.
import {
  createEmulator,
  type AuthorizedUserFile,
  type Echo,
  type Fault,
  type LogEntry,
  type ProviderOptions,
} from "cloud-run-auth-emulator";
import { serve } from "cloud-run-auth-emulator/node";

const emulator = createEmulator({ now: Date.now, idTokenLifetime: 60, onRequest: (entry: LogEntry) => entry.token?.issuer });
const fetchAlike: (request: Request) => Promise<Response> = emulator.fetch;
const clientFetch: (input: string | URL, init?: RequestInit) => Promise<Response> = emulator.fetch;
emulator.addService("own", { invokers: "any", handler: async (request, caller) => new Response(caller.email + request.url) });
emulator.addService("mirror", { handler: "mirror", audiences: ["https://x.example"] });
const bucket: string = emulator.addBucket("orders", { readers: ["a@b.example"], writers: "any", limitWrites: false }).name;
const fault: Fault = { endpoint: "token", status: 503, headers: { "retry-after": "1" }, times: 2 };
emulator.addFault(fault);
emulator.clock.offset = 1000;

const user: AuthorizedUserFile = emulator.createAuthorizedUser({ email: "ada@corp.example", rotate: true });
emulator.setUserState(user.refresh_token, "reauth");
const audience = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/oidc";
const provider: ProviderOptions = { kind: "oidc", audience, allowedAudiences: ["a"] };
emulator.addProvider(provider);
emulator.addProvider({ kind: "aws", audience, accountId: emulator.createAwsKey().accountId });
emulator.addProvider({ kind: "x509", audience, roots: ["-----BEGIN CERTIFICATE-----"] });
const subjectToken: string = await emulator.issueSubjectToken({ subject: "s", audience: ["a"], claims: { n: 1 } });
await emulator.issueIapAssertion({ audience: "/projects/1/apps/a", email: "ada@example.com", lifetime: -1, claims: { hd: "x" } });
emulator.allowImpersonation({ caller: `principal:${audience}`, target: emulator.createServiceAccount({ email: subjectToken }).email });
emulator.configureMetadata({ accounts: [{ email: "x@y.example", scopes: [] }] });
emulator.configureImds({ role: "ci" });
await emulator.fetch(new Request("https://x.example"), { clientCertificate: new Uint8Array() });

await using server = await serve(emulator, { port: 0, tls: { key: "", cert: "", requestClientCertificate: true } });
const echo: Echo = await (await fetchAlike(new Request(server.url))).json();
await clientFetch(server.url + echo.path + bucket);

// @ts-expect-error: a misspelt field
emulator.addFault({ endpoint: "token", staus: 503 });
// @ts-expect-error: an account is what a provider for AWS is about
emulator.addProvider({ kind: "aws", audience });
// @ts-expect-error: no such endpoint
emulator.addFault({ endpoint: "nowhere" });
// @ts-expect-error: the log is the emulator's own
emulator.log = [];
