// The metadata door: Google's own clients get their tokens through it, unmodified; and nobody else gets in.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { folder, serveCommand } from "./command.mjs";
import { claimsOf, openGoogle, policy, stand } from "./stand.mjs";

const exec = promisify(execFile);
const CLIENTS = fileURLToPath(new URL("../google-clients/door/", import.meta.url));
const { GOOGLE_CLIENTS_PYTHON } = process.env;
const AUDIENCE = "https://svc.example";
const ACCOUNT = "/computeMetadata/v1/instance/service-accounts/default";
const FLAVOR = { "metadata-flavor": "Google" };
const DOOR = `
[[grants]]
to = ["worker"]
access_token_for = ["https://www.googleapis.com/auth/cloud-platform"]

[metadata]
caller = "worker"
email = "worker@project.iam.gserviceaccount.com"
project_id = "project"
numeric_project_id = "123456"
`;
const EMAIL = "worker@project.iam.gserviceaccount.com";
const google = await openGoogle();
// The first grant of access tokens is what the door offers by itself.
const text = (await policy(DOOR)).replace(
  /\[\[grants\]\]\nto = \["worker"\]\naccess_token_for = \["https:\/\/www\.googleapis\.com\/auth\/devstorage[^\n]*\n/,
  "",
);
const home = folder();
const key = join(home, "key.json");
writeFileSync(key, JSON.stringify(google.options.credential));
const service = await serveCommand({
  policy: text,
  env: { AUTH_JIT_METADATA: "loopback", CLOUD_RUN_AUTH_EMULATOR: google.url, GOOGLE_APPLICATION_CREDENTIALS: key },
});
const host = new URL(service.url).host;
const env = { PATH: process.env.PATH, HOME: home, GCE_METADATA_HOST: host, GCE_METADATA_IP: host };

test("google-auth-library and gcp-metadata for Node", async () => {
  const { stdout } = await exec(process.execPath, [join(CLIENTS, "node.mjs"), AUDIENCE], { env });
  const got = JSON.parse(stdout);
  assert.deepEqual([got.available, got.email, got.project], [true, EMAIL, "project"]);
  assert.deepEqual([claimsOf(got.idToken).aud, claimsOf(got.direct).aud], [AUDIENCE, AUDIENCE]);
  assert.match(got.accessToken, /^ya29\./);
});

test("google-auth for Python", async () => {
  const { stdout } = await exec(GOOGLE_CLIENTS_PYTHON, [join(CLIENTS, "client.py"), AUDIENCE], { env });
  const got = JSON.parse(stdout);
  assert.deepEqual([got.email, got.project, claimsOf(got.idToken).aud], [EMAIL, "project", AUDIENCE]);
  assert.match(got.accessToken, /^ya29\./);
});

test("curl, as Google's documentation shows it", async () => {
  const get = async (path) => (await exec("curl", ["-s", "-f", "-H", "Metadata-Flavor: Google", `${service.url}${path}`])).stdout;
  assert.equal(claimsOf(await get(`${ACCOUNT}/identity?audience=${AUDIENCE}&format=full`)).aud, AUDIENCE);
  const { access_token, expires_in, token_type } = JSON.parse(await get(`${ACCOUNT}/token`));
  assert.deepEqual([access_token.startsWith("ya29."), token_type, expires_in > 3000 && expires_in <= 3600], [true, "Bearer", true]);
  assert.equal(await get(`${ACCOUNT}/email`), EMAIL);
  assert.equal(await get("/computeMetadata/v1/project/numeric-project-id"), "123456");
  assert.equal(await get("/computeMetadata/v1/universe/universe-domain"), "googleapis.com");
  assert.deepEqual(Object.keys(JSON.parse(await get("/computeMetadata/v1/instance/service-accounts/?recursive=true"))), ["default", EMAIL]);
});

test("what the policy does not grant the door's caller, nobody gets there; and each token is a line of the log", async () => {
  const refused = await fetch(`${service.url}${ACCOUNT}/identity?audience=https://other.example`, { headers: FLAVOR });
  assert.equal(refused.status, 400);
  const scopes = await fetch(`${service.url}${ACCOUNT}/token?scopes=https://www.googleapis.com/auth/gmail.readonly`, { headers: FLAVOR });
  assert.equal(scopes.status, 400);
  const lines = service.lines();
  assert.ok(lines.some(({ event, sub, aud }) => event === "grant" && sub === "door worker" && aud === AUDIENCE));
  assert.ok(lines.some(({ event, aud, severity }) => event === "refusal" && aud === "https://other.example" && severity === "WARNING"));
  assert.doesNotMatch(service.output.stdout, /eyJ|ya29\./);
});

test("it is off unless it is opened, and open to this machine alone unless that is said", async () => {
  const off = await stand({ policy: text });
  assert.equal((await off.ask("GET", `${ACCOUNT}/email`, { headers: { ...FLAVOR, host: "metadata" } })).status, 404);
  assert.equal((await off.ask("GET", "/", { headers: FLAVOR })).status, 404);
  const nobody = await stand({ policy: await policy(), metadata: "loopback" });
  assert.equal((await nobody.ask("GET", `${ACCOUNT}/email`, { headers: { ...FLAVOR, host: "metadata" } })).status, 404);
  const on = await stand({ policy: text, metadata: "loopback" });
  const ask = async (headers, peer) => (await on.ask("GET", `${ACCOUNT}/email`, { headers, peer })).status;
  const good = { ...FLAVOR, host: "127.0.0.1:8000" };
  assert.equal(await ask(good, "127.0.0.1"), 200);
  assert.equal(await ask(good, "::ffff:127.0.0.2"), 200);
  assert.equal(await ask(good, "::1"), 200);
  for (const peer of ["10.0.0.1", "::ffff:10.0.0.1", "127.evil.example", "", "::2", "0.0.0.0"])
    assert.equal(await ask(good, peer), 403, peer);
  const open = await stand({ policy: text, metadata: "open" });
  assert.equal((await open.ask("GET", `${ACCOUNT}/email`, { headers: good, peer: "10.0.0.1" })).status, 200);
});

test("pages, proxies and names that lead here by somebody else's DNS do not get in", async () => {
  const { ask } = await stand({ policy: text, metadata: "loopback" });
  const status = async (headers) => (await ask("GET", `${ACCOUNT}/email`, { headers })).status;
  const hosts = ["metadata.google.internal", "metadata", "169.254.169.254", "localhost:8000", "127.0.0.1:1", "[::1]:8000"];
  for (const host of hosts) assert.equal(await status({ ...FLAVOR, host }), 200, host);
  for (const host of [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example:80",
    "metadata.google.internal.evil.example",
    "[::2]",
    "",
    "0.0.0.0",
    "2130706433",
  ])
    assert.equal(await status({ ...FLAVOR, host }), 403, host);
  const host = "localhost";
  assert.equal(await status({ host }), 403, "no flavor");
  assert.equal(await status({ host, "metadata-flavor": "google" }), 403);
  for (const name of ["x-forwarded-for", "x-forwarded-host", "forwarded"])
    assert.equal(await status({ ...FLAVOR, host, [name]: "127.0.0.1" }), 403, name);
  const post = await ask("POST", `${ACCOUNT}/token`, { headers: { ...FLAVOR, host } });
  assert.deepEqual([post.status, post.headers.get("allow")], [405, "GET, HEAD"]);
});
