// The vectors that Rust reads too, through the npm package and against Node's own URL parser. `node --test`
import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { createSession, customFetch } from "../../pkg/runtime/node.js";

const read = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), "utf8"));
const [paths, bases, { keys }] = ["paths", "bases", "keys"].map(read);
const homes = ["https://svc.example", "https://svc.example/api/v1", "https://svc.example/api/?key=1", "http://127.0.0.1:8085/run/x"];

/** A session whose requests end in `urls`. */
function recorder(base, options) {
  const urls = [];
  const record = async (url) => {
    urls.push(String(url));
    return new Response();
  };
  const credential = async () => "opaque";
  return { urls, session: createSession(base, { credential, [customFetch]: record, ...options }) };
}

/** What became of an input: the URL that was sent, or the code of the refusal; never both, never neither. */
async function outcome({ session, urls }, call) {
  urls.length = 0;
  const code = await call(session).then(
    () => undefined,
    (error) => error.code ?? assert.fail(error),
  );
  assert.equal(urls.length, code === undefined ? 1 : 0);
  return { code, url: urls[0] };
}

/** An input appended to a base by hand, the way the rule is written down. */
function appended(base, input) {
  const [, origin, path, query] = /^([a-z]+:\/\/[^/?]+)([^?]*)(\?.*)?$/i.exec(base);
  const [, inputPath, inputQuery] = /^([^?]*)(\?[^]*)?$/.exec(input);
  const joined = inputPath === "" ? path : `${path.replace(/\/+$/, "")}/${inputPath.replace(/^\//, "")}`;
  const queries = [query, inputQuery].filter((one) => one !== undefined).map((one) => one.slice(1));
  return origin + joined + (queries.length > 0 ? `?${queries.join("&")}` : "");
}

/** That Node's parser reads a URL as one on the base's origin, below its path. */
function assertBelow(base, url, message) {
  const [home, sent] = [new URL(base), new URL(url)];
  assert.equal(sent.origin, home.origin, message);
  assert.deepEqual([sent.username, sent.password, sent.hash], ["", "", ""], message);
  const path = home.pathname.replace(/\/$/, "");
  assert.ok(sent.pathname === path || sent.pathname.startsWith(`${path}/`), `${message}: ${url}`);
}

for (const base of homes) {
  const recording = recorder(base);

  test(`plain paths on ${base}`, async () => {
    for (const input of paths.plain) {
      const { url } = await outcome(recording, (session) => session.get(input));
      assert.equal(url, appended(base, input), input);
      // Plain means: no parser changes it, but for the slash that stands for no path at all.
      assert.equal(new URL(url).href, url.replace(/^([a-z]+:\/\/[^/?]+)($|\?)/, "$1/$2"), input);
      assertBelow(base, url, input);
    }
  });

  test(`careful paths on ${base}`, async () => {
    for (const input of paths.careful) {
      const { url, code } = await outcome(recording, (session) => session.get(input));
      if (code) assert.equal(code, "invalid_path", input);
      else assert.equal(new URL(url).href, new URL(appended(base, input)).href, input);
      if (url) assertBelow(base, url, input);
    }
  });

  test(`refused paths on ${base}`, async () => {
    for (const input of paths.refused) {
      for (const verb of ["get", "post", "put", "patch", "delete", "head", "fetch"]) {
        const { code } = await outcome(recording, (session) => session[verb](input));
        assert.equal(code, "invalid_path", `${verb} ${JSON.stringify(input)}`);
      }
    }
  });

  test(`any text at all on ${base}`, async () => {
    const piece = fc.oneof(
      fc.constantFrom(...paths.refused, ...paths.careful, "/", "..", "\\", "%2e", "%2f", "@", ":", "?", "#", "\t"),
      fc.string({ unit: "binary", maxLength: 6 }),
    );
    const input = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(""));
    const property = fc.asyncProperty(input, async (text) => {
      const { url, code } = await outcome(recording, (session) => session.get(text));
      if (code) assert.equal(code, "invalid_path");
      else assertBelow(base, url, JSON.stringify(text));
    });
    await fc.assert(property, { numRuns: 2000, seed: 20_261_122 });
  });
}

test("bases: how inputs are joined", async () => {
  for (const { base, input, url } of bases.join) {
    const sent = await outcome(recorder(base), (session) => session.get(input));
    assert.equal(sent.url, url, JSON.stringify({ base, input }));
  }
});

test("bases: the audience that they stand for", async () => {
  for (const { base, audience } of bases.audience) {
    let asked;
    const credential = async (need) => {
      asked = need.audience;
      return "opaque";
    };
    await recorder(base, { credential }).session.get("/x");
    assert.equal(asked, audience, base);
  }
});

test("bases: refused at once", () => {
  for (const base of bases.refused) {
    assert.throws(() => createSession(base), { name: "AuthError", code: "invalid_base_url" }, base);
  }
});

test("bases: which absolute URLs they cover", async () => {
  for (const { base, url, ok } of bases.covers) {
    const { code, url: sent } = await outcome(recorder(base), (session) => session.fetch(url));
    assert.equal(code, ok ? undefined : "invalid_path", `${url} on ${base}`);
    if (ok) assert.equal(sent, new URL(url).href);
  }
});

for (const [name, pem] of Object.entries(keys)) {
  const usable = name.endsWith("2048");
  test(`the key ${name} is ${usable ? "signed with" : "refused"}`, async () => {
    const key = { type: "service_account", client_email: "a@p.iam.gserviceaccount.com", private_key_id: name, private_key: pem };
    let assertion;
    const endpoint = async (_, { body }) => {
      assertion = new URLSearchParams(await new Response(body).text()).get("assertion");
      return new Response("", { status: 400 });
    };
    const session = createSession("https://svc.example", { credential: key, [customFetch]: endpoint });
    const code = usable ? "exchange_refused" : "invalid_credential";
    await assert.rejects(session.getIdToken(), { name: "AuthError", code });
    if (!usable) return assert.equal(assertion, undefined);
    const [header, claims, signature] = assertion.split(".");
    const signed = Buffer.from(`${header}.${claims}`);
    assert.ok(verify("sha256", signed, createPublicKey(pem), Buffer.from(signature, "base64url")));
    assert.ok(!/[+/=]/.test(assertion), "base64url without padding (RFC 7515, section 2)");
    const { target_audience: audience, iss, aud, iat, exp } = JSON.parse(Buffer.from(claims, "base64url"));
    assert.deepEqual([audience, iss, aud], ["https://svc.example", key.client_email, "https://oauth2.googleapis.com/token"]);
    assert.ok(exp > iat && exp <= iat + 3600 && Math.abs(iat - Date.now() / 1000) < 60);
    assert.deepEqual(JSON.parse(Buffer.from(header, "base64url")), { alg: "RS256", typ: "JWT", kid: name });
  });
}
