// What holds for whatever callers, files, functions, services and token endpoints come up with. The seed is fixed and printed;
// `FAST_CHECK_SEED=random` or a number takes another, `FAST_CHECK_RUNS=10000` more runs.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { createSession, customFetch } from "../../pkg/runtime/node.js";
import { ask, isPlain, ready } from "../../pkg/core.js";
import { idToken, keyFile } from "../traps/world.js";

const asked = process.env.FAST_CHECK_SEED ?? "20261126";
const seed = asked === "random" ? Date.now() & 0x7fffffff : Number(asked);
const runs = (usual) => ({ seed, numRuns: Number(process.env.FAST_CHECK_RUNS ?? usual) });
console.log(`# FAST_CHECK_SEED=${seed}`);

/** Nothing settles later than that, on a machine that is busy. */
const SETTLES = 20_000;
const CANARY = "c4n4ry-of-a-secret";
const key = await keyFile();
await ready();

const strays = [];
process.on("unhandledRejection", (reason) => strays.push(reason));
after(() => assert.deepEqual(strays, [], "rejections that nobody handled"));

/** What became of it: a value, or an AuthError with a code; anything else, and what never ends, has failed. */
async function settled(action, own = []) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("it does not settle")), SETTLES);
  });
  try {
    return { value: await Promise.race([(async () => action())(), late]) };
  } catch (error) {
    if (error === callers || own.includes(error)) return { error };
    assert.equal(error?.name === "TimeoutError" ? "AuthError" : error?.name, "AuthError", `${error?.stack ?? String(error)}`);
    assert.match(error.code, /^[a-z_]+$/);
    // The core may have lost a credential; it may not fail.
    assert.doesNotMatch(error.message, /core failed/);
    assert.ok(!`${error.message} ${error.stack}`.includes(CANARY), "an error that shows a secret");
    return { error };
  } finally {
    clearTimeout(timer);
  }
}

const text = fc.oneof(fc.string({ unit: "binary", maxLength: 30 }), fc.constantFrom("\0", "\ud800", "a\0b", "\r\n", "%2e%2e"));
const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSparseArray: true,
  withTypedArray: true,
  maxDepth: 2,
});
const callers = new Error("a function of the caller's");
const thrower = fc.constant(() => {
  throw callers;
});
const value = fc.oneof(
  anything,
  text,
  thrower,
  fc.constantFrom(undefined, null, NaN, -1, 0, 2 ** 31, Symbol("s"), async () => CANARY),
);

const names =
  "credential audience scopes subject universeDomain credentialType selfSigned userIdTokens subjectToken gcloud quotaProject onRefreshToken timeout retry userAgent headers authorizationHeader keepAlive joinUrl allowedHosts endpoints waitUntil".split(
    " ",
  );
const answers = async () => new Response("ok");

test("any value at any option: an error with a code at once, or a session that works or says why not", async () => {
  const given = fc.array(fc.tuple(fc.constantFrom(...names), value), { minLength: 1, maxLength: 3 });
  const property = fc.asyncProperty(given, async (entries) => {
    const options = { credential: async () => "opaque", [customFetch]: answers, ...Object.fromEntries(entries) };
    const { value: session } = await settled(() => createSession("https://svc.example", options));
    // A timeout of its own ends what waits for a function that never answers.
    if (session) await settled(() => session.get("/x", { timeout: 500, retry: false }));
  });
  await fc.assert(property, runs(400));
});

test("any call: its path, its init", async () => {
  const session = createSession("https://svc.example/api", { credential: async () => "opaque", [customFetch]: answers });
  const init = fc.dictionary(fc.constantFrom("json", "searchParams", "timeout", "headers", "method", "body", "retry", "redirect"), value);
  const property = fc.asyncProperty(text, fc.oneof(fc.constant(undefined), init, value), async (path, given) => {
    for (const verb of ["get", "post", "fetch"]) {
      await settled(() => session[verb](path, given && typeof given === "object" ? { timeout: 500, ...given } : given));
    }
  });
  await fc.assert(property, runs(300));
});

test("any base URL: refused at once, or what is sent stays on its origin and below its path", async () => {
  const piece = fc.oneof(text, fc.constantFrom("https://", "http://", "svc.example", ":443", "/", "..", "\\", "@", "?", "#", "%2f", "a"));
  const pieces = fc.array(piece, { maxLength: 6 }).map((all) => all.join(""));
  const base = fc.oneof(
    pieces,
    pieces.map((rest) => `https://svc.example${rest}`),
    pieces.map((rest) => `https://svc.example/${rest}`),
  );
  const property = fc.asyncProperty(base, pieces, async (home, path) => {
    const sent = [];
    const record = async (url) => (sent.push(String(url)), new Response());
    const credential = async () => "opaque";
    const { value: session } = await settled(() => createSession(home, { credential, [customFetch]: record }));
    if (!session) return;
    await settled(() => session.get(path));
    for (const url of sent.map((one) => new URL(one))) {
      const { origin, pathname } = new URL(home);
      const below = pathname.replace(/\/$/, "");
      assert.equal(url.origin, origin);
      assert.ok(url.pathname === below || url.pathname.startsWith(`${below}/`), `${url} is not below ${home}`);
      assert.deepEqual([url.username, url.password, url.hash], ["", "", ""]);
    }
  });
  await fc.assert(property, runs(800));
});

test("any credential, as an object and as text", async () => {
  const members =
    "type client_email private_key private_key_id token_uri client_id client_secret refresh_token audience subject_token_type token_url credential_source source_credentials service_account_impersonation_url universe_domain quota_project_id delegates";
  const member = fc.oneof(value, fc.constantFrom(key.private_key, key.token_uri, "https://other.example", { url: CANARY }, { file: "/" }));
  const types = fc.constantFrom(
    "service_account",
    "authorized_user",
    "external_account",
    "external_account_authorized_user",
    "impersonated_service_account",
    "gdch_service_account",
    "other",
  );
  const file = fc.record({ type: types, rest: fc.dictionary(fc.constantFrom(...members.split(" ")), member) });
  const credential = file.map(({ type, rest }) => ({ ...(type === "service_account" ? key : {}), ...rest, type }));
  const property = fc.asyncProperty(fc.oneof(credential, anything, text), async (one) => {
    const session = await settled(() =>
      createSession("https://svc.example", {
        credential: one,
        gcloud: false,
        timeout: 500,
        retry: false,
        [customFetch]: async () => new Response("{}", { status: 400 }),
      }),
    );
    if (session.value && one !== undefined) await settled(() => session.value.getIdToken());
  });
  await fc.assert(property, runs(400));
});

test("any result of a credential's function", async () => {
  const result = fc.oneof(
    value,
    fc.record({ token: value, expiresAt: fc.oneof(value, fc.double()) }),
    fc.constantFrom(idToken("https://svc.example"), idToken("other")),
  );
  const property = fc.asyncProperty(result, fc.boolean(), async (one, fails) => {
    const credential = async () => {
      if (fails) throw one;
      return one;
    };
    const session = createSession("https://svc.example", { credential, timeout: 500, retry: false, [customFetch]: answers });
    await settled(() => session.get("/x"));
  });
  await fc.assert(property, runs(300));
});

test("any answer of the token endpoint, and of the service", async () => {
  const chunk = fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.constantFrom(
      ...['{"id_token":', `"${idToken("https://svc.example")}"`, '"expires_in":1e18', "}", "<html>"].map((one) =>
        new TextEncoder().encode(one),
      ),
    ),
  );
  const header = fc.tuple(
    fc.constantFrom("date", "retry-after", "location", "content-type", "content-encoding"),
    fc.oneof(
      fc.constantFrom("0", "1", "-1", "99999999999", "Thu, 01 Jan 1970 00:00:00 GMT", "gzip, gzip", "/x", "https://other.example/"),
      fc.string({ maxLength: 9 }),
    ),
  );
  const one = fc.record({
    status: fc.oneof(fc.integer({ min: 200, max: 599 }), fc.constantFrom(200, 302, 401, 429, 503)),
    headers: fc.array(header, { maxLength: 3 }),
    chunks: fc.array(chunk, { maxLength: 5 }),
    breaks: fc.boolean(),
    fails: fc.integer({ min: 0, max: 9 }),
  });
  const make = ({ status, headers, chunks, breaks, fails }, failure) => {
    if (fails === 0) throw failure;
    const legal = headers.filter(([, text]) => /^[ -~]*$/.test(text));
    if ([204, 205, 304].includes(status)) return new Response(null, { status, headers: legal });
    let index = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (index < chunks.length) controller.enqueue(chunks[index++]);
        else if (breaks) controller.error(failure);
        else controller.close();
      },
    });
    return new Response(body, { status, headers: legal });
  };
  const property = fc.asyncProperty(one, one, async (endpoint, service) => {
    const failure = new TypeError("the network failed");
    const fetch = async (url) => make(String(url).includes("oauth2") ? endpoint : service, failure);
    const session = createSession("https://svc.example", {
      credential: { ...key, private_key_id: String(Math.random()) },
      timeout: 500,
      retry: false,
      [customFetch]: fetch,
    });
    const { value: response } = await settled(() => session.get("/x"), [failure]);
    if (response) assert.ok(response instanceof Response);
  });
  await fc.assert(property, runs(300));
});

test("any question to the core, however odd its text", async () => {
  const letters = fc.constantFrom(..."pbrcdgsakwio", "", "é", "!");
  const odd = fc.oneof(
    text,
    fc.string({ unit: "binary", minLength: 200, maxLength: 2000 }),
    fc.constantFrom("x".repeat(100_000), "\ud800".repeat(20_000), "\0".repeat(5000)),
  );
  const property = fc.asyncProperty(
    letters,
    fc.array(fc.oneof(odd, fc.double(), fc.boolean()), { maxLength: 8 }),
    async (letter, fields) => {
      await settled(() => ask(letter, ...fields));
      await settled(() => isPlain(fields.join("")));
    },
  );
  await fc.assert(property, runs(400));
});
