// What TypeScript users write, with every option of the public API once, and what must not compile.
import {
  AuthError,
  TimeoutError,
  allowInsecureRequests,
  createSession,
  customFetch,
  type CredentialFunction,
  type ErrorCode,
  type Session,
  type SessionInit,
  type SessionOptions,
} from "cloud-run-auth";

const credential: CredentialFunction = async ({ audience, scopes, signal }) => {
  const wanted: string | undefined = audience ?? scopes?.join(" ");
  signal.throwIfAborted();
  return wanted === undefined ? "token" : { token: wanted, expiresAt: Date.now() + 60_000 };
};

const options: SessionOptions = {
  credential,
  audience: "https://svc.example",
  quotaProject: "project",
  universeDomain: "googleapis.com",
  timeout: 1000,
  retry: { attempts: 5, delay: 100, maxDelay: 1000, methods: ["POST"], statuses: [503] },
  userAgent: "consumer/1",
  headers: { "x-a": "1" },
  authorizationHeader: "x-serverless-authorization",
  keepAlive: false,
  joinUrl: (base: URL, input: string) => new URL(input, base),
  allowedHosts: ["sts.example.com:8443"],
  endpoints: "http://127.0.0.1:8085",
  waitUntil: (promise: Promise<unknown>) => void promise,
  [customFetch]: fetch,
  [allowInsecureRequests]: true,
};
const others: SessionOptions[] = [
  {},
  { credential: '{"type":"service_account"}', timeout: false },
  { credential: { type: "service_account" }, headers: new Headers(), authorizationHeader: "authorization" },
  { headers: [["a", "b"]], joinUrl: (base, input) => `${base.href}${input}` },
];

const session: Session = createSession(new URL("https://svc.example"), options);
const init: SessionInit = { json: { a: 1 }, searchParams: { q: "1" }, timeout: 5, headers: {}, signal: AbortSignal.timeout(1) };

export async function use(): Promise<void> {
  const answers: Response[] = [
    await session.get("/x"),
    await session.post("", init),
    await session.put("x", { body: "text", searchParams: new URLSearchParams() }),
    await session.patch("x", { body: new Uint8Array(), searchParams: "a=b", timeout: false }),
    await session.delete("x"),
    await session.head("x"),
    await session.fetch("https://svc.example/x"),
    await session.fetch(new URL("https://svc.example/x"), { method: "POST" }),
    await session.fetch(new Request("https://svc.example/x")),
  ];
  const asFetch: typeof fetch = session.fetch;
  const tokens: string[] = [
    await session.getIdToken(),
    await session.getIdToken({ audience: "a", forceRefresh: true, signal: AbortSignal.abort() }),
    await session.getAccessToken({ scopes: ["s"] }),
  ];
  const headers: Record<string, string> = await session.authorizationHeaders({ audience: "a" });
  const extended: Session = session.extend({ ...others[0], timeout: 7 });
  extended.dispose();
  void [answers, asFetch, tokens, headers];
}

export function judge(error: unknown): string {
  if (error instanceof TimeoutError) return `${error.code} ${error.transient}`;
  if (!(error instanceof AuthError)) return String(error);
  const code: ErrorCode = error.code;
  switch (code) {
    case "exchange_refused":
      return `${error.server?.status} ${error.server?.error ?? ""} ${error.server?.description ?? ""}`;
    case "invalid_path":
    case "clock_skew":
      return error.message;
    default:
      return String(error.cause ?? error.name);
  }
}

{
  using scoped = createSession("https://svc.example");
  void scoped;
}

// @ts-expect-error a misspelt option
createSession("https://svc.example", { audiense: "x" });
// @ts-expect-error a timeout in words
createSession("https://svc.example", { timeout: "1s" });
// @ts-expect-error a header that takes no token
createSession("https://svc.example", { authorizationHeader: "cookie" });
// @ts-expect-error no base URL
createSession();
// @ts-expect-error verbs take paths, not URLs
void session.get(new URL("https://svc.example"));
// @ts-expect-error a code that does not exist
export const wrong: ErrorCode = "no_such_code";
// @ts-expect-error an expiry is a number
export const late: CredentialFunction = async () => ({ token: "t", expiresAt: "soon" });
