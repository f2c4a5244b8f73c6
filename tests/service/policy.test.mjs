// Whoever is not granted something does not get it, and whoever is does: every caller, kind, audience, set of scopes, time and remainder
// there is, held against another reading of the same grants.
import assert from "node:assert/strict";
import { test } from "node:test";
import { hashSecret } from "../../pkg/runtime/service-node.js";
import { claimsOf, EXCHANGE, IDP, idToken, openGoogle, SECRET, stand, type } from "./stand.mjs";

const HOUR = 3600;
const hash = await hashSecret(SECRET);
/** Each by what it shows who it is. */
const CALLERS = {
  ada: { claims: { sub: "ada" } },
  core: { claims: { team: "core" } },
  tags: { claims: { ref: { starts_with: "refs/tags/" }, sub: ["ada", "bob"] } },
  worker: { client: "worker" },
  idle: { client: "idle" },
};
const AUDIENCES = ["https://a.example", "https://b.example", "https://a.example/", "https://A.example"];
const SCOPES = ["r", "w", "x"];
const GRANTS = [
  { to: ["ada"], jwt: [AUDIENCES[0]], scopes: ["r", "w"], ttl: 300 },
  { to: ["ada", "core"], jwt: [AUDIENCES[0], AUDIENCES[1]], scopes: ["r"], ttl: 900 },
  { to: ["core"], idToken: [AUDIENCES[0]] },
  { to: ["tags"], jwt: [AUDIENCES[1]], ttl: 120 },
  { to: ["worker"], idToken: [AUDIENCES[1]] },
  { to: ["worker"], accessToken: ["r", "w"] },
  { to: ["worker", "tags"], accessToken: ["x"] },
  { to: ["worker"], jwt: [AUDIENCES[0]], scopes: ["x"], ttl: 60 },
];
/** Who comes, and which callers he is. */
const COMERS = [
  { is: [], claims: { sub: "eve" }, forbidden: true },
  { is: ["ada"], claims: { sub: "ada" } },
  { is: ["ada", "core"], claims: { sub: "ada", team: "core" } },
  { is: ["core"], claims: { sub: "eve", team: ["web", "core"] } },
  { is: ["tags"], claims: { sub: "bob", ref: "refs/tags/v1" } },
  { is: ["ada", "core", "tags"], claims: { sub: "ada", team: "core", ref: "refs/tags/" } },
  { is: [], claims: { sub: "eve", ref: "refs/tags/v1", team: "Core" }, forbidden: true },
  { is: [], claims: { sub: "eve", team: { core: true }, ref: "refs/heads/tags/" }, forbidden: true },
  { is: ["worker"], client: "worker" },
  { is: ["idle"], client: "idle" },
];

const toml = (value) =>
  Array.isArray(value)
    ? `[${value.map(toml).join(", ")}]`
    : typeof value === "object"
      ? `{ ${Object.entries(value)
          .map(([name, one]) => `${name} = ${toml(one)}`)
          .join(", ")} }`
      : JSON.stringify(value);
const POLICY = [
  ...Object.entries(CALLERS).map(([name, { claims, client }]) => [
    `[callers.${name}]`,
    'rate = "1000000/second"',
    ...(client ? [`client_id = "${client}"`, `secret_hash = "${hash}"`] : [`issuer = "${IDP}"`]),
    ...Object.entries(claims ?? {}).map(([claim, wanted]) => `claims.${claim} = ${toml(wanted)}`),
  ]),
  ...GRANTS.map(({ to, jwt, idToken, accessToken, scopes, ttl }) => [
    "[[grants]]",
    `to = ${toml(to)}`,
    ...(jwt ? [`jwt_for = ${toml(jwt)}`, ...(scopes ? [`scopes = ${toml(scopes)}`] : []), `ttl = "${ttl}s"`] : []),
    ...(idToken ? [`id_token_for = ${toml(idToken)}`] : []),
    ...(accessToken ? [`access_token_for = ${toml(accessToken)}`] : []),
    ...(jwt || to.every((name) => CALLERS[name].client) ? [] : ["outlives_caller = true"]),
  ]),
]
  .map((lines) => lines.join("\n"))
  .join("\n\n");

/** For how long somebody may have that: nothing where he may not. */
function granted({ is }, { kind, audience, scopes }) {
  const lives = GRANTS.filter(({ to }) => to.some((name) => is.includes(name))).flatMap((grant) => {
    if (kind === "jwt") return grant.jwt?.includes(audience) && scopes.every((scope) => grant.scopes?.includes(scope)) ? [grant.ttl] : [];
    if (kind === "id_token") return grant.idToken?.includes(audience) ? [HOUR] : [];
    return scopes.length && grant.accessToken && scopes.every((scope) => grant.accessToken.includes(scope)) ? [HOUR] : [];
  });
  return lives.length ? Math.max(...lives) : undefined;
}

const subsets = (all) => all.reduce((sets, one) => [...sets, ...sets.map((set) => [...set, one])], [[]]);
const WANTS = [
  ...AUDIENCES.flatMap((audience) => subsets(SCOPES).map((scopes) => ({ kind: "jwt", audience, scopes }))),
  ...AUDIENCES.map((audience) => ({ kind: "id_token", audience, scopes: [] })),
  ...subsets(SCOPES).map((scopes) => ({ kind: "access_token", scopes })),
];

test("every caller, kind, audience, scopes, time that is asked for and time that is left", { timeout: 300_000 }, async (t) => {
  const google = await openGoogle();
  const { ask } = await stand({ ...google.options, policy: POLICY });
  const counts = { granted: 0, refused: 0 };
  for (const comer of COMERS)
    for (const left of comer.client ? [undefined] : [45, 110, 200, 400, 3000])
      for (const want of WANTS)
        for (const asked of want.kind === "jwt" ? [undefined, 1, 60, 100, 600, 3600] : [undefined]) {
          const exp = Math.floor(Date.now() / 1000) + left;
          const form = {
            ...(comer.client
              ? { grant_type: "client_credentials", client_id: comer.client, client_secret: SECRET }
              : { grant_type: EXCHANGE, subject_token: idToken({ ...comer.claims, exp }), subject_token_type: type("id_token") }),
            requested_token_type: type(want.kind),
            ...(want.audience && { audience: want.audience }),
            ...(want.scopes.length && { scope: want.scopes.join(" ") }),
            ...(asked && { expires_in: String(asked) }),
          };
          const { status, body } = await ask("POST", "/api/token", { form });
          const may = granted(comer, want);
          const shown = `${JSON.stringify({ comer, want, left, asked })}: ${status} ${JSON.stringify(body).slice(0, 200)}`;
          assert.equal(status, may === undefined ? (comer.forbidden ? 403 : 400) : 200, shown);
          if (may === undefined) {
            counts.refused++;
            assert.equal(body.access_token, undefined, shown);
            continue;
          }
          counts.granted++;
          assert.equal(body.issued_token_type, type(want.kind), shown);
          if (want.kind === "access_token") continue;
          const { aud, scope = "", exp: ends, iat } = claimsOf(body.access_token);
          assert.deepEqual([aud, want.kind === "jwt" ? scope : ""], [want.audience, want.scopes.join(" ")], shown);
          if (want.kind === "jwt") assert.ok(ends - iat <= Math.min(may, left ?? Infinity, asked ?? Infinity) && ends - iat > 0, shown);
          if (want.kind === "jwt" && left) assert.ok(ends <= exp, shown);
        }
  t.diagnostic(`${counts.granted} granted, ${counts.refused} refused`);
  assert.ok(counts.granted > 700 && counts.refused > 7000);
});

test("of what is wrong with a policy all is told, each with its line and column", async () => {
  for (const [text, ...faults] of [
    ["callers = 1", [1, 11, /callers is no table but a number/]],
    ["[callers", [1, 9, /this is no TOML/]],
    ["[[grant]]\nto = []", [1, 3, /no key "grant"\. Did you mean "grants"\?/]],
    [
      `[callers.a]\nissuer = "${IDP}"\n\n[callers.b]\nclient_id = "b"\nsecret = "x"\n\n[callers."ö"]\nissuer = "http://idp.example"\nclaims.sub = "x"`,
      [1, 1, /whoever has a token of the issuer/],
      [6, 1, /no key "secret"\. Did you mean/],
      [4, 1, /has no secret_hash/],
      [8, 1, /other characters than letters/],
      [9, 10, /no https URL/],
    ],
    [`[callers.a]\nissuer = "${IDP}"\nclaims = {}`, [3, 10, /claims is empty/]],
    [`[callers.a]\nissuer = "${IDP}"\nclaims.x = { starts_with = "" }`, [3, 12, /nothing that a claim can be held to/]],
    [`[callers.a]\nissuer = "${IDP}"\nclaims.x = 1.5`, [3, 12, /nothing that a claim can be held to/]],
    [
      `[callers.a]\nclient_id = "a"\nsecret_hash = "$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$${"A".repeat(43)}"`,
      [3, 15, /not of argon2id/],
    ],
    [
      `[callers.a]\nclient_id = "a"\nsecret_hash = "$argon2id$v=19$m=4000000,t=2,p=1$c2FsdHNhbHRzYWx0$${"A".repeat(43)}"`,
      [3, 15, /more than 64 MiB/],
    ],
    [
      `[callers.a]\nclient_id = "a"\nsecret_hash = "${hash}"\n[callers.b]\nclient_id = "a"\nsecret_hash = "${hash}"`,
      [4, 1, /has the client_id of callers\.a/],
    ],
    [`[callers.a]\nclient_id = "a"\nsecret_hash = "${hash}"\nrate = "5/day"`, [4, 8, /is no rate/]],
    ...[
      ['to = ["b"]\njwt_for = ["x"]', [5, 7, /no caller "b"/]],
      ['to = ["a"]', [4, 1, /does not say what it grants/]],
      ['to = ["a"]\njwt_for = ["x"]\nid_token_for = ["x"]', [4, 1, /says it twice/]],
      ['to = ["a"]\njwt_for = []', [6, 11, /is empty/]],
      ['to = ["a"]\njwt_for = ["x", "x"]', [6, 17, /names "x" twice/]],
      ['to = ["a"]\njwt_for = ["x"]\nttl = "61m"', [7, 7, /more than an hour/]],
      ['to = ["a"]\njwt_for = ["x"]\nttl = 5', [7, 7, /is no time/]],
      ['to = ["a"]\nid_token_for = ["x"]\nttl = "59m"', [7, 7, /cannot be kept/]],
      ['to = ["a"]\nid_token_for = ["x"]\nscopes = ["y"]', [7, 10, /scopes are for jwt_for/]],
      ['to = ["a"]\njwt_for = ["x y"]', [6, 12, /not visible ASCII/]],
    ].map(([grant, fault]) => [`[callers.a]\nclient_id = "a"\nsecret_hash = "${hash}"\n[[grants]]\n${grant}`, fault]),
    [`[callers.a]\nissuer = "${IDP}"\nclaims.sub = "a"\n[[grants]]\nto = ["a"]\nid_token_for = ["x"]`, [4, 1, /outlives_caller = true/]],
    [
      `[callers.a]\nclient_id = "a"\nsecret_hash = "${hash}"\n[metadata]\ncaller = "b"\nemail = "e"\nproject_id = "p"`,
      [5, 10, /no caller "b"/],
    ],
  ]) {
    const { service } = await stand({ policy: text });
    const thrown = await service.ready().then(
      () => assert.fail(`it holds: ${text}`),
      (failure) => failure,
    );
    assert.equal(thrown.code, "invalid_policy", text);
    const found = thrown.faults.map(({ line, column, message }) => [line, column, message]);
    assert.equal(found.length, faults.length, `${text}\n${JSON.stringify(found)}`);
    for (const [line, column, message] of faults)
      assert.ok(
        found.some((one) => one[0] === line && one[1] === column && message.test(one[2])),
        `${text}\nwants ${line}:${column} ${message}\n${JSON.stringify(found)}`,
      );
  }
});
