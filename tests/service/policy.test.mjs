// Who gets what: every caller with every question, held to a second reading of the policy that shares nothing with the core but the
// table that the policy's text is written from. What is granted is looked at in the token itself.
import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { after, test } from "node:test";
import { createEmulator } from "../../emulator/index.js";
import { serve } from "../../emulator/node.js";
import { customFetch } from "../../pkg/runtime/node.js";
import { hashSecret } from "../../pkg/runtime/service-node.js";
import { claimsOf, EXCHANGE, IDP, idpFetch, idToken, ISSUER, SECRET, stand, type } from "./stand.mjs";

const emulator = createEmulator();
const server = await serve(emulator);
after(() => server.close());

const ORDERS = "https://orders.example";
const WIKI = "https://wiki.example";
const SVC = "https://svc.example";
const READ = "orders.read";
const WRITE = "orders.write";
const STORAGE = "https://www.googleapis.com/auth/devstorage.read_only";
const PUBSUB = "https://www.googleapis.com/auth/pubsub";

/** How callers are known. */
const CALLERS = {
  ada: { claims: { sub: ["ada"] } },
  staff: { claims: { team: ["core", "web"] } },
  lead: { claims: { team: ["core"], level: [7] } },
  prefix: { claims: { sub: [{ starts_with: "repo:acme/" }] } },
  idle: { claims: { sub: ["idle"] } },
  worker: { client: "worker" },
  batch: { client: "batch" },
};

/** What they may have; `ttl` in seconds. */
const GRANTS = [
  { to: ["ada"], kind: "jwt", audiences: [ORDERS], scopes: [READ], ttl: 300 },
  { to: ["ada", "worker"], kind: "jwt", audiences: [ORDERS], scopes: [WRITE], ttl: 120 },
  { to: ["ada", "lead"], kind: "jwt", audiences: [ORDERS, WIKI], scopes: [], ttl: 1800 },
  { to: ["staff"], kind: "jwt", audiences: [WIKI], scopes: [READ, WRITE], ttl: 60 },
  { to: ["prefix", "batch"], kind: "jwt", audiences: [SVC], scopes: [READ, WRITE], ttl: 3600 },
  { to: ["ada", "worker", "prefix"], kind: "id_token", audiences: [SVC, WIKI] },
  { to: ["lead"], kind: "id_token", audiences: [ORDERS] },
  { to: ["worker", "ada"], kind: "access_token", scopes: [STORAGE] },
  { to: ["worker"], kind: "access_token", scopes: [PUBSUB] },
  { to: ["batch"], kind: "access_token", scopes: [STORAGE, PUBSUB] },
];

/** Subjects of ID tokens; some are several callers at once, and some none. */
const SUBJECTS = {
  ada: { sub: "ada" },
  "ada in core": { sub: "ada", team: "core" },
  lead: { sub: "leo", team: ["ops", "core"], level: 7 },
  "level as a text": { sub: "leo", team: "core", level: "7" },
  web: { sub: "wes", team: "web" },
  branch: { sub: "repo:acme/orders:ref:main" },
  "another's branch": { sub: "repo:acme-evil/orders" },
  idle: { sub: "idle" },
  nobody: { sub: "ADA", team: "Core" },
};

const policy = await written();
const google = new Map();
const { service, ask } = await stand({
  policy,
  credential: await emulator.createServiceAccountKey(),
  endpoints: server.url,
  [customFetch]: watched,
});
const { keys } = (await ask("GET", "/.well-known/jwks.json")).body;
const ownKey = createPublicKey({ key: keys[0], format: "jwk" });

async function written() {
  const hash = await hashSecret(SECRET);
  const toml = (value) =>
    typeof value === "object" && !Array.isArray(value) ? `{ starts_with = ${toml(value.starts_with)} }` : JSON.stringify(value);
  const callers = Object.entries(CALLERS).map(([name, { claims, client }]) =>
    [
      `[callers.${name}]`,
      'rate = "1000000/second"',
      ...(client
        ? [`client_id = "${client}"`, `secret_hash = "${hash}"`]
        : [`issuer = "${IDP}"`, ...Object.entries(claims).map(([claim, any]) => `claims.${claim} = [${any.map(toml).join(", ")}]`)]),
    ].join("\n"),
  );
  const grants = GRANTS.map(({ to, kind, audiences, scopes, ttl }) =>
    [
      "[[grants]]",
      `to = ${JSON.stringify(to)}`,
      `${kind}_for = ${JSON.stringify(audiences ?? scopes)}`,
      ...(kind === "jwt" && scopes.length ? [`scopes = ${JSON.stringify(scopes)}`] : []),
      ...(kind === "jwt" ? [`ttl = "${ttl}s"`] : to.some((name) => CALLERS[name].claims) ? ["outlives_caller = true"] : []),
    ].join("\n"),
  );
  return [...callers, ...grants].join("\n\n");
}

/** What the emulator was asked for, by the token that it gave. */
async function watched(url, init) {
  const response = await idpFetch(url, init);
  if (new URL(url).pathname.endsWith("/token")) {
    const { assertion } = Object.fromEntries(new URLSearchParams(String(init?.body)));
    const { access_token } = await response.clone().json();
    if (access_token) google.set(access_token, claimsOf(assertion).scope);
  }
  return response;
}

/** Who a token with these claims is, by the table. */
function namesOf(claims) {
  const fits = (wanted, value) =>
    typeof wanted === "object" ? typeof value === "string" && value.startsWith(wanted.starts_with) : wanted === value;
  const holds = ([name, any]) => [claims[name]].flat().some((value) => any.some((wanted) => fits(wanted, value)));
  return Object.keys(CALLERS).filter((name) => CALLERS[name].claims && Object.entries(CALLERS[name].claims).every(holds));
}

/**
 * What the policy gives: nothing, or a kind, and for a JWT for how long at the most.
 *
 * @returns {{ kind: string, ttl: number, subjects: string[] } | undefined}
 */
function expected(names, { kind, audience, scopes, asked }, left) {
  const his = GRANTS.filter(({ to }) => to.some((name) => names.includes(name)));
  const googles = his.filter((grant) => grant.kind === "id_token" && grant.audiences.includes(audience));
  const asJwt = () => {
    const fitting = his.filter(
      (grant) => grant.kind === "jwt" && grant.audiences.includes(audience) && scopes.every((one) => grant.scopes.includes(one)),
    );
    const longest = Math.max(0, ...fitting.map(({ ttl }) => ttl));
    const ttl = Math.min(longest, left, asked ?? Infinity);
    const subjects = fitting.filter((grant) => grant.ttl === longest).flatMap(({ to }) => to.filter((name) => names.includes(name)));
    return ttl > 0 ? { kind: "jwt", ttl, subjects } : undefined;
  };
  const asIdToken = () => (googles.length ? { kind: "id_token" } : undefined);
  const asAccess = () => {
    const one =
      scopes.length && his.some((grant) => grant.kind === "access_token" && scopes.every((scope) => grant.scopes.includes(scope)));
    return one ? { kind: "access_token" } : undefined;
  };
  switch (kind) {
    case "id_token":
      return audience && !scopes.length && asked === undefined ? asIdToken() : undefined;
    case "access_token":
      return !audience && asked === undefined ? asAccess() : undefined;
    case "jwt":
      return audience ? asJwt() : undefined;
    default:
      if (!audience) return asked === undefined ? asAccess() : undefined;
      return (scopes.length || asked !== undefined ? undefined : asIdToken()) ?? asJwt();
  }
}

const KINDS = [undefined, "id_token", "access_token", "jwt"];
const AUDIENCES = [
  undefined,
  ORDERS,
  WIKI,
  SVC,
  `${ORDERS}/`,
  "https://orders.example.evil.example",
  "HTTPS://ORDERS.EXAMPLE",
  "https://other.example",
];
const SCOPES = [[], [READ], [WRITE], [READ, WRITE], [STORAGE], [PUBSUB], [STORAGE, PUBSUB], ["orders"], ["ORDERS.READ"]];
const ASKED = [undefined, 1, 90, 3600];

function* questions() {
  for (const kind of KINDS)
    for (const audience of AUDIENCES) for (const scopes of SCOPES) for (const asked of ASKED) yield { kind, audience, scopes, asked };
}

const form = ({ kind, audience, scopes, asked }) => ({
  ...(kind && { requested_token_type: type(kind) }),
  ...(audience && { audience }),
  ...(scopes.length && { scope: scopes.join(" ") }),
  ...(asked && { expires_in: String(asked) }),
});

const seen = { asked: 0, granted: 0, over: [], under: [], wrong: [] };

/** Asks one question, and holds the answer to the table's. `ends` is when the caller's token ends, in seconds. */
async function held(who, names, question, credentials, ends = Infinity) {
  const before = Math.floor(Date.now() / 1000);
  const { status, body, headers } = await ask("POST", "/api/token", {
    form: { ...credentials.form, ...form(question) },
    basic: credentials.basic,
  });
  const story = `${who}: ${JSON.stringify(question)}: ${status} ${JSON.stringify({ ...body, access_token: undefined })}`;
  const wanted = expected(names, question, ends - before);
  seen.asked++;
  if (headers.get("cache-control") !== "no-store") seen.wrong.push(`${story}: cached`);
  if (status !== 200) {
    if (![400, 401, 403].includes(status)) seen.wrong.push(story);
    // In the second in which a caller's token ends, either is right.
    if (wanted && ends - before > 1) seen.under.push(story);
    return;
  }
  seen.granted++;
  if (!wanted || body.issued_token_type !== type(wanted.kind)) return void seen.over.push(story);
  const wrong = (why) => seen.wrong.push(`${story}: ${why}`);
  const token = body.access_token;
  if (wanted.kind === "access_token") {
    if (google.get(token) !== [...question.scopes].sort().join(" ")) wrong(`is for ${google.get(token)}`);
    if (!(body.expires_in > 0 && body.expires_in <= 3600)) wrong("expires_in");
    return;
  }
  const claims = claimsOf(token);
  if (claims.aud !== question.audience) wrong(`aud ${claims.aud}`);
  if (claims.exp - claims.iat > 3600) wrong("lives for more than an hour");
  if (wanted.kind === "id_token") return;
  const { iat, exp, iss, scope, sub } = claims;
  if ((scope ?? "") !== question.scopes.join(" ") || (body.scope ?? "") !== question.scopes.join(" ")) wrong(`scope ${scope}`);
  if (exp > ends || exp - iat > (question.asked ?? Infinity)) wrong("outlives its caller's token, or what was asked for");
  const longest = expected(names, question, ends - iat)?.ttl;
  if (exp - iat !== longest || body.expires_in !== exp - iat) wrong(`lives ${exp - iat} s and not ${longest} s`);
  if (iss !== ISSUER || !wanted.subjects.includes(sub)) wrong(`iss ${iss}, sub ${sub}`);
  const [header, payload, signature] = token.split(".");
  const good = verify(
    "sha256",
    Buffer.from(`${header}.${payload}`),
    { key: ownKey, dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url"),
  );
  if (!good) wrong("is not signed by the published key");
}

/** Some at a time. */
async function all(tasks, width = 16) {
  const left = tasks[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const task of left) await task();
    }),
  );
}

const nothingWrong = () => {
  const few = (list) => list.slice(0, 5);
  assert.deepEqual([few(seen.over), few(seen.under), few(seen.wrong)], [[], [], []], "over-grants, under-grants, wrong tokens");
};

test("ID tokens with little and much time left, of subjects who are one caller, several or none, and every question", async () => {
  const begun = { ...seen };
  function* tasks() {
    for (const [name, claims] of Object.entries(SUBJECTS))
      for (const left of [-5, 45, 600])
        for (const question of questions())
          yield () => {
            const exp = Math.floor(Date.now() / 1000) + left;
            const subject = idToken({ ...claims, exp, iat: exp - 1000 });
            const credentials = { form: { grant_type: EXCHANGE, subject_token: subject, subject_token_type: type("id_token") } };
            return held(`${name} with ${left} s`, namesOf(claims), question, credentials, exp);
          };
  }
  await all(tasks());
  nothingWrong();
  assert.equal(seen.asked - begun.asked, Object.keys(SUBJECTS).length * 3 * KINDS.length * AUDIENCES.length * SCOPES.length * ASKED.length);
  assert.ok(seen.granted - begun.granted > 400, `${seen.granted - begun.granted} granted`);
});

test("clients by their secrets, and access tokens of logins by either, and every question", async () => {
  const begun = { ...seen };
  for (const client of ["worker", "batch"]) {
    const basic = `${client}:${encodeURIComponent(SECRET)}`;
    await all(
      [...questions()].map((question) => () => held(client, [client], question, { basic, form: { grant_type: "client_credentials" } })),
    );
  }
  const logins = [
    [["worker"], { client_id: "worker", client_secret: SECRET }],
    [["batch"], { client_id: "batch", client_secret: SECRET }],
    [namesOf(SUBJECTS["ada in core"]), { id_token: idToken(SUBJECTS["ada in core"]) }],
    [namesOf(SUBJECTS.lead), { id_token: idToken(SUBJECTS.lead) }],
  ];
  for (const [names, json] of logins) {
    const { access_token } = (await ask("POST", "/api/auth/login", { json })).body.data;
    const credentials = { form: { grant_type: EXCHANGE, subject_token: access_token, subject_token_type: type("access_token") } };
    await all(
      [...questions()].map((question) => () => held(`login of ${names}`, names, question, credentials, claimsOf(access_token).exp)),
    );
  }
  nothingWrong();
  assert.ok(seen.granted - begun.granted > 200, `${seen.granted - begun.granted} granted`);
  console.log(`# ${seen.asked} questions, ${seen.granted} granted, 0 over-grants, 0 under-grants`);
});

test("what explain says of names is what is granted to them", async () => {
  for (const names of [["ada"], ["ada", "staff", "lead"], ["worker"], ["idle"]])
    for (const question of questions()) {
      const { audience, scopes } = question;
      if (question.kind === undefined || question.asked) continue;
      const want = { id_token: { idToken: { audience } }, access_token: { accessToken: { scopes } }, jwt: { jwt: { audience, scopes } } }[
        question.kind
      ];
      if ((question.kind === "access_token") === Boolean(audience) || (question.kind === "id_token" && scopes.length)) continue;
      const { granted } = await service.explain({ callers: names, want });
      assert.equal(granted, Boolean(expected(names, question, Infinity)), `${names}: ${JSON.stringify(question)}`);
    }
});
