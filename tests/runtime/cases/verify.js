// Whoever calls: good tokens are told from all others, and keys are fetched no more often than they have to be.
import { contains, equal, ok } from "../client/check.js";
import { byHand } from "../client/clock.js";
import { flood } from "../client/flood.js";
import { openIssuer, part } from "../client/issuer.js";

const AUDIENCE = "https://svc.example";

/** An issuer and a verifier of its tokens. */
async function opened(t, { issuer: how = {}, ...options } = Object.create(null)) {
  const issuer = await openIssuer(t, how);
  const given = { audience: AUDIENCE, issuer: issuer.url, jwksUri: `${issuer.url}/keys`, [t.customFetch]: issuer.fetch, ...options };
  return { issuer, given, verifier: t.createIdTokenVerifier(given) };
}

const bearer = (token) => new Request(`${AUDIENCE}/items`, { headers: { authorization: `Bearer ${token}` } });

/** Runs that on a host without WebCrypto, as pages are that did not come by https. */
async function without(run) {
  Object.defineProperty(crypto, "subtle", { value: undefined, configurable: true });
  try {
    return await run();
  } finally {
    delete crypto.subtle;
  }
}

const cases = [
  {
    name: "Google's token in a request, and who calls by it",
    smoke: true,
    async run(t) {
      const { session, key } = await t.open();
      const token = await session.getIdToken({ audience: AUDIENCE });
      const verifier = t.createIdTokenVerifier({
        audience: ["https://other.example", AUDIENCE],
        email: key.client_email,
        endpoints: t.emulator.url,
      });
      for (const from of [bearer(token), token, { headers: { authorization: `bearer ${token}` } }]) {
        const { id, email, emailVerified, expiresAt, claims } = await verifier.verify(from);
        equal([email, emailVerified, claims.aud, id === claims.sub], [key.client_email, true, AUDIENCE, true], "caller");
        ok(expiresAt > Date.now() && expiresAt < Date.now() + 3_700_000, "when it ends");
      }
      equal((await t.emulator.log("certs")).length <= 1, true, "fetches of keys");
      const strict = t.createIdTokenVerifier({ audience: AUDIENCE, email: "eve@example.com", endpoints: t.emulator.url });
      await t.refused(() => strict.verify(token), "caller_refused", { secrets: [token] });
      const other = t.createIdTokenVerifier({ audience: "https://third.example", endpoints: t.emulator.url });
      await t.refused(() => other.verify(token), "audience_mismatch", { secrets: [token] });
    },
  },
  {
    name: "a hundred at once, of an issuer that nobody knew: its document and its keys are fetched once",
    async run(t) {
      const { issuer, verifier } = await opened(t, { jwksUri: undefined });
      const token = await issuer.sign();
      const callers = await Promise.all(Array.from({ length: 100 }, () => verifier.verify(token)));
      equal(new Set(callers.map(({ id }) => id)).size, 1, "callers");
      equal(issuer.asked, [`${issuer.url}/.well-known/openid-configuration`, `${issuer.url}/keys`], "fetches");
    },
  },
  {
    name: "names of keys that nobody has: one fetch, and no good token is refused",
    async run(t) {
      const { issuer, verifier } = await opened(t);
      const good = await issuer.sign();
      await verifier.verify(good);
      const forged = await Promise.all(Array.from({ length: 50 }, (_, n) => issuer.sign(issuer.claims({ n }), { kid: `other${n}` })));
      await Promise.all([
        ...forged.map((token) => t.refused(() => verifier.verify(token), "token_invalid")),
        ...Array.from({ length: 50 }, async (_, n) => verifier.verify(await issuer.sign(issuer.claims({ sub: `s${n}` })))),
      ]);
      equal(issuer.asked.length, 1, "fetches");
    },
  },
  {
    name: "ten thousand of them in a minute: two fetches, no good token refused, and a key that was published meanwhile is known",
    async run(t) {
      const { issuer, given } = await opened(t, { issuer: { alg: "ES256" } });
      const sign = (claims, late) => (late ? issuer.sign(claims, { kid: "two" }, "ES256 late") : issuer.sign(claims));
      const [names, clock, fetched] = [10_000, byHand(), []];
      const began = performance.now();
      try {
        const counting = (target) => {
          fetched.push(performance.now() - began);
          return issuer.fetch(target);
        };
        const verifier = t.createIdTokenVerifier({ ...given, [t.customFetch]: counting });
        // While keys are on their way it goes on for half a second at most: then there are too many who wait.
        const tick = async (n) => {
          clock.move(60_000 / names);
          if (n % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        };
        const by = { verifier, sign, tick, names, part, claims: () => issuer.claims(), publish: () => issuer.publish("two", "ES256 late") };
        const seen = await flood(by);
        equal([seen.refused, seen.letIn, seen.forged, seen.good], [[], 0, names, names + names / 10 + 1], "tokens");
        equal(seen.otherwise, {}, "other reasons than that there is no such key");
        equal(fetched.length, 2, `fetches, at ${fetched.join(" and ")} ms`);
      } finally {
        clock.back();
      }
    },
  },
  {
    name: "whatever is not as it has to be is refused, and nothing is fetched for it",
    async run(t) {
      const { issuer, verifier } = await opened(t);
      const good = await issuer.sign();
      const [head, claims, signature] = good.split(".");
      const now = Math.floor(Date.now() / 1000);
      const before = [
        ["", "token_missing"],
        ["x", "token_invalid"],
        [".".repeat(1_000_000), "token_invalid"],
        [`${head}.${claims}`, "token_invalid"],
        [`${head}.${claims}.`, "token_invalid"],
        [`${good}.x`, "token_invalid"],
        [`${good}=`, "token_invalid"],
        [` ${good}`, "token_invalid"],
        [`${good}\0`, "token_invalid"],
        [`${head}.${claims}.SIGNATURE_REMOVED_BY_GOOGLE`, "token_unsigned"],
        [`${part({ alg: "none" })}.${claims}.${signature}`, "token_invalid"],
        [`${part({ alg: "HS256", kid: "one" })}.${claims}.${signature}`, "token_invalid"],
        [await issuer.sign(issuer.claims(), { crit: ["exp"] }), "token_invalid"],
        [await issuer.sign(issuer.claims(), { jku: "https://evil.example" }), "token_invalid"],
        [await issuer.sign(issuer.claims(), { typ: "at+jwt" }), "token_invalid"],
        [await issuer.sign(issuer.claims({ iss: "https://evil.example" })), "token_invalid"],
        [await issuer.sign(issuer.claims({ aud: `${AUDIENCE}/` })), "audience_mismatch"],
        [await issuer.sign(issuer.claims({ aud: undefined })), "token_invalid"],
        [await issuer.sign(issuer.claims({ exp: now - 20 })), "token_expired"],
        [await issuer.sign(issuer.claims({ exp: "9999999999" })), "token_invalid"],
        [await issuer.sign(issuer.claims({ exp: undefined })), "token_invalid"],
        [await issuer.sign(issuer.claims({ iat: now + 600 })), "token_invalid"],
        [await issuer.sign(issuer.claims({ nbf: now + 600 })), "token_invalid"],
        [await issuer.sign(issuer.claims({ exp: now + 100_000 })), "token_invalid"],
        [await issuer.sign(issuer.claims({ sub: "" })), "token_invalid"],
        [await issuer.sign({ ...issuer.claims(), pad: "x".repeat(17_000) }), "token_invalid"],
      ];
      for (const [token, code] of before) await t.refused(() => verifier.verify(token), code, { what: token.slice(0, 80) });
      equal(issuer.asked, [], "fetches");
      await verifier.verify(good);
      const after = [
        `${head}.${part({ ...issuer.claims(), email: "eve@example.com" })}.${signature}`,
        await issuer.sign(issuer.claims(), {}, "RS256 another"),
        await issuer.sign(issuer.claims(), { alg: "ES256" }, "ES256"),
        `${good.slice(0, -6)}AAAAAA`,
      ];
      for (const token of after) await t.refused(() => verifier.verify(token), "token_invalid", { what: token.slice(0, 80) });
      equal(issuer.asked.length, 1, "fetches");
    },
  },
  {
    name: "a key of the issuer's that is no point of its curve verifies nothing",
    async run(t) {
      const { issuer, verifier } = await opened(t, { issuer: { alg: "ES256" } });
      issuer.keys[0].y = issuer.keys[0].x;
      const error = await t.refused(async () => verifier.verify(await issuer.sign()), "token_invalid");
      contains(error.message, "key cannot be verified with");
      ok(error.cause, "the cause");
    },
  },
  {
    name: "without WebCrypto signatures are told apart all the same, and where it is never missing its absence is told",
    async run(t) {
      const opens = await Promise.all(["RS256", "ES256"].map((alg) => opened(t, { issuer: { alg } })));
      const tokens = await Promise.all(opens.map(({ issuer }) => Promise.all([issuer.sign(), issuer.sign(issuer.claims({ sub: "2" }))])));
      const error = await without(async () => {
        for (const [at, { issuer, verifier }] of opens.entries()) {
          const [good, other] = tokens[at];
          if (t.runtime.name === "workerd") return t.refused(() => verifier.verify(good), "unsupported_by_host");
          equal((await verifier.verify(good)).id, "1", "id");
          equal((await verifier.verify(other)).id, "2", "id");
          const [head, claims, signature] = good.split(".");
          for (const forged of [
            `${head}.${claims}.${other.split(".")[2]}`,
            `${head}.${part(issuer.claims({ sub: "3" }))}.${signature}`,
            `${good.slice(0, -6)}AAAAAA`,
            `${head}.${claims}.AAAA`,
          ])
            await t.refused(() => verifier.verify(forged), "token_invalid", { what: forged.slice(0, 80) });
          issuer.keys[0] = {
            ...issuer.keys[0],
            [issuer.keys[0].kty === "EC" ? "y" : "n"]: issuer.keys[0].x ?? `${issuer.keys[0].n.slice(0, -1)}A`,
          };
          const unfit = t.createIdTokenVerifier({ ...opens[at].given, jwksUri: `https://${t.unique("keys")}.example/` });
          contains((await t.refused(() => unfit.verify(other), "token_invalid")).message, "key cannot be verified with");
        }
      });
      if (error) contains(error.message, "WebCrypto");
      // It is there again.
      const [{ verifier }, [[, other]]] = [opens[0], tokens];
      equal((await verifier.verify(other)).id, "2", "id");
    },
  },
  {
    name: "keys that cannot be had: an error that passes; and those from before are used on",
    async run(t) {
      const { issuer, verifier, given } = await opened(t, {
        issuer: { kid: "late" },
      });
      const token = await issuer.sign();
      for (const [how, why] of [
        [{ status: 503 }, "HTTP 200"],
        [{ status: 200, keys: "none" }, "no set of keys"],
        [{ keys: [{ kty: "oct", k: "AA", alg: "HS256" }] }, "no key for RS256"],
        [{ headers: { "content-encoding": "gzip, gzip" } }, "encoded more than once"],
      ]) {
        const { keys, headers } = issuer;
        Object.assign(issuer, how);
        // Each is an issuer of its own, for what failed a moment ago is not tried again at once.
        const url = `https://${t.unique("keys")}.example/`;
        const error = await t.refused(() => t.createIdTokenVerifier({ ...given, jwksUri: url }).verify(token), "keys_unavailable");
        contains(error.message, why);
        ok(error.transient && error.retryAfter >= 1000, "that it passes");
        Object.assign(issuer, { status: 200, keys, headers });
      }
      const failing = async () => {
        throw new TypeError("no way there");
      };
      const error = await t.refused(
        () =>
          t.createIdTokenVerifier({ ...given, jwksUri: `https://${t.unique("keys")}.example/`, [t.customFetch]: failing }).verify(token),
        "keys_unavailable",
      );
      contains(error.message, "no way there");
      ok(error.cause instanceof TypeError, "the cause");
      equal((await verifier.verify(token)).id, "1", "id");
    },
  },
  {
    name: "Identity-Aware Proxy's assertion in its header, who came in by it, and what is not let in",
    smoke: true,
    async run(t) {
      const [audience, email] = ["/projects/1/global/backendServices/2", `${t.unique("ada")}@example.com`];
      const { assertion } = await t.emulator.make("iap-assertions", { audience, email, claims: { hd: "example.com" } });
      const given = { issuer: "iap", audience, endpoints: t.emulator.url };
      const verifier = t.createIdTokenVerifier({ ...given, email, hd: "example.com" });
      const through = (token) =>
        new Request(AUDIENCE, { headers: { "x-goog-iap-jwt-assertion": token, authorization: "Bearer of-another" } });
      for (const from of [through(assertion), assertion, { headers: { "x-goog-iap-jwt-assertion": assertion } }]) {
        const caller = await verifier.verify(from);
        equal([caller.email, caller.hd, caller.claims.aud, caller.emailVerified], [email, "example.com", audience, undefined], "caller");
        ok(/^accounts\.google\.com:\d+$/.test(caller.id), "id");
      }
      equal((await t.emulator.log("certs")).map(({ path }) => path).slice(1), [], "fetches of keys after the first");
      await t.refused(() => verifier.verify(bearer(assertion)), "token_missing");
      const refused = async (token, code, options = {}) =>
        t.refused(() => t.createIdTokenVerifier({ ...given, ...options }).verify(token), code, { secrets: [token] });
      await refused(assertion, "caller_refused", { email: "eve@example.com" });
      await refused(assertion, "audience_mismatch", { audience: "/projects/1/apps/other" });
      const [head, , signature] = assertion.split(".");
      const { claims } = await verifier.verify(assertion);
      await refused(`${head}.${part({ ...claims, email: "eve@example.com" })}.${signature}`, "token_invalid");
      // Neither takes the other's.
      await refused(assertion, "token_invalid", { issuer: "google" });
      const { session } = await t.open();
      await refused(await session.getIdToken({ audience }), "token_invalid");
      const ended = await t.emulator.make("iap-assertions", { audience, email, lifetime: -60, claims: { iat: claims.iat - 1000 } });
      await refused(ended.assertion, "token_expired");
      // By keys that were made since, whoever fetches them now.
      await t.emulator.rotateKeys();
      const fresh = await t.emulator.make("iap-assertions", { audience, email });
      const late = t.createIdTokenVerifier({
        ...given,
        endpoints: undefined,
        jwksUri: `${t.emulator.url}/iap/verify/public_key-jwk?${t.unique("k")}`,
      });
      equal((await late.verify(fresh.assertion)).email, email, "email");
    },
  },
  {
    name: "Identity-Aware Proxy: its own header, and ES256",
    async run(t) {
      const issuer = await openIssuer(t, { alg: "ES256", url: "https://cloud.google.com/iap" });
      const jwksUri = `https://${t.unique("iap")}.example/keys`;
      const verifier = t.createIdTokenVerifier({
        audience: "/projects/1/global/backendServices/2",
        issuer: "iap",
        email: "ada@example.com",
        jwksUri,
        [t.customFetch]: issuer.fetch,
      });
      const token = await issuer.sign(issuer.claims({ aud: "/projects/1/global/backendServices/2", email: "ada@example.com" }));
      const request = new Request(AUDIENCE, { headers: { "x-goog-iap-jwt-assertion": token } });
      equal((await verifier.verify(request)).email, "ada@example.com", "email");
      await t.refused(() => verifier.verify(bearer(token)), "token_missing");
    },
  },
  {
    name: "a handler behind a guard: who may in is known to it, and all others are told why not",
    async run(t) {
      const { issuer, given } = await opened(t, { email: "ada@example.com" });
      const guard = t.requireIdToken(given);
      const mine = { email: "ada@example.com", email_verified: true };
      const handler = guard((request, env, more) => Response.json([t.callerOf(request).email, env, more]));
      const answer = await handler(bearer(await issuer.sign(issuer.claims(mine))), "env", "more");
      equal(await answer.json(), ["ada@example.com", "env", "more"], "what the handler was given");
      for (const [request, status, about] of [
        [new Request(AUDIENCE), 401, /^Bearer realm="service"$/],
        [bearer("x"), 401, /error="invalid_token", error_description="the token is not valid: [^"]+"$/],
        [
          bearer(await issuer.sign(issuer.claims({ ...mine, aud: 'a"\\é' }))),
          401,
          /error_description="the token is for a''' \(aud\)[^"]+"$/,
        ],
        [bearer(await issuer.sign(issuer.claims({ ...mine, email: "eve@example.com" }))), 403, /error="insufficient_scope"/],
      ]) {
        const refused = await handler(request);
        const header = refused.headers.get("www-authenticate");
        equal([refused.status, about.test(header), refused.headers.get("cache-control")], [status, true, "no-store"], header);
        const { error, error_description, code } = await refused.json();
        ok(error && error_description && code, "what is said");
        equal(t.callerOf(request), undefined, "caller");
      }
      let called = 0;
      const context = (token) => ({ req: { raw: bearer(token) } });
      const good = context(await issuer.sign(issuer.claims(mine)));
      equal(await guard(good, async () => void (called += 1)), undefined, "what Hono's middleware gives");
      equal([called, t.callerOf(good).email], [1, "ada@example.com"], "caller");
      equal((await guard(context("x"), async () => void (called += 1))).status, 401, "status");
      equal(called, 1, "calls");
      issuer.status = 500;
      const without = t.requireIdToken({ ...given, jwksUri: `https://${t.unique("keys")}.example/` });
      const unavailable = await without(() => new Response("in"))(bearer(await issuer.sign(issuer.claims(mine))));
      equal([unavailable.status, unavailable.headers.has("retry-after")], [503, true], "without keys");
    },
  },
  {
    name: "what a verifier cannot be, it says at once or at the first token",
    async run(t) {
      for (const options of [
        {},
        { audience: 1 },
        { audience: "" },
        { audience: [] },
        { audience: "a b" },
        { audience: "a\0b" },
        { audience: ["é"] },
        { audience: "a", issuer: 1 },
        { audience: "a", email: [] },
        { audience: "a", clockTolerance: -1 },
        { audience: "a", maxTokenAge: "1h" },
        { audience: "a", timeout: 0 },
        { audience: "a", algorithms: ["none"] },
      ])
        t.refusedAtOnce(() => t.createIdTokenVerifier(options), "invalid_option", { what: JSON.stringify(options) });
      const token = await (await openIssuer(t)).sign();
      for (const options of [
        { issuer: "issuer" },
        { issuer: "http://issuer.example" },
        { issuer: "https://issuer.example?x=1" },
        { issuer: "https://a@issuer.example" },
        { jwksUri: "http://keys.example" },
        { jwksUri: "keys" },
        { clockTolerance: 31_000 },
        { maxTokenAge: 90_000_000 },
        { endpoints: "http://emulator.example" },
      ]) {
        const verifier = t.createIdTokenVerifier({ audience: "a", ...options });
        await t.refused(() => verifier.verify(token), "invalid_option", { what: JSON.stringify(options) });
      }
      const verifier = t.createIdTokenVerifier({ audience: "a" });
      for (const what of [undefined, null, 1, {}]) await t.refused(() => verifier.verify(what), "invalid_option");
      await t.nothingSent();
    },
  },
];

export default { name: "verify", cases };
