// cloud-run-auth login, profile and logout, against the emulator's consent page and its devices.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request as send } from "node:http";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openWorld } from "./world.mjs";

const { emulator, url, folder, start, run, fails } = await openWorld();
const ada = emulator.addPerson({ email: "ada@example.com", name: "Ada <b>", givenName: "Ada" });
const eve = emulator.addPerson({ email: "eve@example.com", name: "Eve" });
const quiet = { env: { BROWSER: "false-browser-that-is-not-there" } };
const DRIVE = "https://www.googleapis.com/auth/drive.file";

function clientFile(name, options) {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(emulator.createOAuthClient(options)));
  return path;
}
const client = clientFile("client.json", { type: "installed" });
const recordOf = (path) => JSON.parse(readFileSync(path, "utf8"));

/** A browser: a program that consents as somebody, and goes where it is sent back to. */
function browserOf(email) {
  const path = join(folder, `browser-${email}.mjs`);
  const text = `const post = await fetch(${JSON.stringify(`${url}/_emulator/consent`)}, { method: "POST", body: JSON.stringify({ url: process.argv.at(-1), account: ${JSON.stringify(email)} }) });
    const { location } = await post.json();
    await (await fetch(location)).text();`;
  writeFileSync(path, text);
  return { env: { BROWSER: `${process.execPath} ${path}` } };
}

/** The URL that somebody is to open, once it is printed. */
async function shown({ printed }) {
  return (await printed(/at:\n\n {2}(\S+)\n/))[1];
}

test("a login by a browser on this machine: its token is in the file that was named, for its owner alone", async () => {
  const path = join(folder, "new folder", "ada @home.json");
  const { code, stdout, stderr } = await run(["login", "-c", client, "-u", path], browserOf("ada@example.com"));
  assert.deepEqual([code, stdout], [0, ""]);
  assert.match(stderr, /\nLogged in as ada@example\.com\. The token is kept in .*ada @home\.json\.\n$/);
  const { type, refresh_token, sub, account, scopes } = recordOf(path);
  assert.deepEqual([type, typeof refresh_token, sub, account], ["authorized_user", "string", ada.sub, ada.email]);
  assert.deepEqual(scopes, ["openid", "email", "profile"]);
  if (process.platform !== "win32")
    assert.deepEqual([statSync(path).mode & 0o777, statSync(join(path, "..")).mode & 0o777], [0o600, 0o700]);
  assert.deepEqual(readdirSync(join(path, "..")), ["ada @home.json"], "nothing else is left there");
  const asked = emulator.log.filter(({ path: place }) => place === "/o/oauth2/v2/auth").at(-2);
  for (const word of ["code_challenge_method=S256", "redirect_uri=http%3A%2F%2F127.0.0.1%3A", "state="])
    assert.ok(asked.query.includes(word), word);
  const token = await run(["token", "--scopes", "email", "-u", path], { secret: true });
  assert.equal(token.code, 0);
});

test("profile: what Google says, after a refresh if need be, and after a login where there is no file yet", async () => {
  const path = join(folder, "profile.json");
  const first = await run(["profile", "-u", path, "-c", client], browserOf("ada@example.com"));
  assert.equal(first.code, 0, first.stderr);
  const { sub, email, name } = JSON.parse(first.stdout);
  assert.deepEqual([sub, email, name], [ada.sub, ada.email, "Ada <b>"]);
  assert.match(first.stdout, /^\{\n {2}"/);
  const later = await run(["profile", "-u", path, "--json"]);
  assert.deepEqual([later.code, later.stderr], [0, ""]);
  assert.deepEqual(JSON.parse(later.stdout), JSON.parse(first.stdout));
  assert.match(later.stdout, /^\{[^\n]+\}\n$/);
  writeFileSync(path, JSON.stringify({ ...recordOf(path), token: "spent", expiry: "2020-01-01T00:00:00Z" }), { mode: 0o600 });
  assert.equal((await run(["profile", "-u", path])).code, 0);
  assert.notEqual(recordOf(path).token, "spent", "it was refreshed, and kept");
  await fails(["profile", "-u", join(folder, "nobody.json")], "login_required", 3);
  const json = await run(["profile", "-u", join(folder, "nobody.json"), "--json"]);
  assert.deepEqual([json.code, JSON.parse(json.stderr).error.code], [3, "login_required"]);
  await fails(["profile"], "usage", 2);
});

test("logout revokes for everybody, and leaves a record that sends its user to log in; who does finds his file again", async () => {
  const path = join(folder, "leaving.json");
  assert.equal((await run(["login", "-c", client, "-u", path, "--scopes", DRIVE], browserOf("eve@example.com"))).code, 0);
  assert.deepEqual(recordOf(path).scopes, ["openid", "email", DRIVE]);
  writeFileSync(path, JSON.stringify({ ...recordOf(path), note: "mine" }), { mode: 0o600 });
  const { refresh_token } = recordOf(path);
  const { code, stderr } = await run(["logout", "-u", path]);
  assert.equal(code, 0);
  assert.match(stderr, /^Logged out\. \S+ holds no token any more\.\n$/);
  const { note, sub, ...left } = recordOf(path);
  assert.deepEqual([note, sub, left.needs_reauth], ["mine", eve.sub, "logged out"]);
  for (const name of ["refresh_token", "token", "id_token"]) assert.equal(left[name], undefined, name);
  if (process.platform !== "win32") assert.equal(statSync(path).mode & 0o777, 0o600);
  const again = await fetch(`${url}/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "refresh_token", refresh_token, client_id: left.client_id, client_secret: left.client_secret }),
  });
  assert.equal((await again.json()).error, "invalid_grant");
  await fails(["token", "--scopes", "email", "-u", path], "login_required", 3);
  assert.match((await run(["logout", "-u", path])).stderr, /held no token/);
  assert.equal((await run(["login", "-c", client, "-u", path], browserOf("eve@example.com"))).code, 0);
  assert.deepEqual([recordOf(path).note, recordOf(path).needs_reauth], ["mine", undefined]);

  emulator.addFault({ endpoint: "any", match: "/revoke", status: 503 });
  await fails(["logout", "-u", path], "exchange_unavailable", 1);
  emulator.clearFaults();
  assert.equal(typeof recordOf(path).refresh_token, "string", "what was not revoked is kept");
  await fails(["logout", "-u", join(folder, "nobody.json")], "login_required", 3);
  await fails(["logout"], "usage", 2);
});

test("another user never overwrites the file of the one who is there", async () => {
  const path = join(folder, "hers.json");
  await run(["login", "-c", client, "-u", path], browserOf("ada@example.com"));
  const before = readFileSync(path, "utf8");
  await fails(["login", "-c", client, "-u", path], "user_mismatch", 1, browserOf("eve@example.com"));
  assert.equal(readFileSync(path, "utf8"), before);
});

test("who says no, and who grants less than is asked for, leaves no file", async () => {
  const path = join(folder, "no.json");
  for (const [decision, code, exit] of [
    [{ deny: true }, "login_cancelled", 1],
    [{ scopes: [] }, "scopes_missing", 3],
  ]) {
    // prettier-ignore
    const login = start(["login", "-c", client, "-u", path, "--no-browser", "--scopes", DRIVE], quiet);
    const back = await emulator.consent(await shown(login), { account: "ada@example.com", ...decision });
    const page = await fetch(back);
    assert.equal(page.status, 400);
    const ended = await login.ended;
    assert.equal(ended.code, exit, ended.stderr);
    assert.match(ended.stderr, new RegExp(`\\[${code}\\]\\n$`));
    assert.ok(!existsSync(path));
  }
});

test("what comes to the port and is not the browser's way back ends nothing", async () => {
  const path = join(folder, "waits.json");
  const login = start(["login", "-c", client, "-u", path, "--no-browser"], quiet);
  const back = await emulator.consent(await shown(login), { account: "ada@example.com" });
  const { origin, host, port, search } = new URL(back);
  const before = emulator.log.length;
  const status = async (place, init) => (await fetch(`${origin}${place}`, init)).status;
  assert.equal(await status("/favicon.ico"), 404);
  assert.equal(await status(`/${search}`, { method: "POST" }), 404);
  assert.equal(await status("/"), 400);
  assert.equal(await status(`/${search.replace(/state=[^&]+/, "state=forged")}`), 400);
  assert.equal(await status(`/?error=<script>&state=x`), 400);
  const foreign = await new Promise((resolve) =>
    send({ port, host: "127.0.0.1", path: `/${search}`, headers: { host: "evil.example" } }, resolve).end(),
  );
  assert.equal(foreign.statusCode, 421);
  assert.equal(new URL(back).host, host);
  // Once, however often: the second finds the port closed, or is told so.
  const pages = await Promise.all([fetch(back), fetch(back)].map((coming) => coming.catch(() => ({ status: 400 }))));
  assert.deepEqual(pages.map(({ status }) => status).sort(), [200, 400]); // prettier-ignore
  const page = pages.find(({ status }) => status === 200);
  assert.deepEqual([page.status, page.headers.get("content-security-policy")?.split(";")[0]], [200, "default-src 'none'"]);
  assert.match(await page.text(), /You are logged in as ada@example\.com\. You may close this page\./);
  const ended = await login.ended;
  assert.equal(ended.code, 0);
  assert.doesNotMatch(ended.stderr, /browser could be opened/);
  // RFC 6749, section 4.1.2: a code that comes twice may end what it was exchanged for.
  assert.equal(emulator.log.slice(before).filter((entry) => entry.path === "/token").length, 1, "exchanges");
});

test("a browser that cannot be started is said so, and the URL is there", async () => {
  const login = start(["login", "-c", client, "-u", join(folder, "none.json")], quiet);
  await login.printed(/warning: no browser could be opened\. Open the URL in one\./);
  await fetch(await emulator.consent(await shown(login), { account: "ada@example.com" }));
  assert.equal((await login.ended).code, 0);
});

test("a web application's client comes back to its registered URI, once more where Google gave no refresh token, or is refused", async () => {
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const place = `http://localhost:${free.address().port}/back`;
  free.close();
  const web = clientFile("web.json", { redirectUris: ["https://app.example/callback", place] });
  for (const name of ["web1.json", "web2.json"]) {
    const login = start(["login", "-c", web, "-u", join(folder, name), "--no-browser"], quiet);
    let back = await emulator.consent(await shown(login), { account: "eve@example.com" });
    assert.equal(back.split("?")[0], place);
    let page = await fetch(back.replace("localhost", "127.0.0.1"), { redirect: "manual" });
    // A client of another name than the one in Host.
    assert.equal(page.status, 421);
    page = await fetch(back, { redirect: "manual" });
    if (name === "web2.json") {
      assert.equal(page.status, 302);
      back = await emulator.consent(page.headers.get("location"), { account: "eve@example.com" });
      page = await fetch(back, { redirect: "manual" });
    }
    assert.equal(page.status, 200);
    assert.equal((await login.ended).code, 0);
    assert.equal(typeof recordOf(join(folder, name)).refresh_token, "string");
  }
  const far = clientFile("far.json", { redirectUris: ["https://app.example/callback"] });
  await fails(["login", "-c", far, "-u", join(folder, "x.json")], "invalid_client", 1);
  await fails(["login", "-c", web, "-u", join(folder, "x.json"), "--port", "9"], "invalid_client", 1);
});

test("a record in a bucket", async () => {
  const location = "gs://emulator-bucket/users/ada@example.com";
  const { code, stderr } = await run(["login", "-c", client, "-u", location], browserOf("ada@example.com"));
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse((await run(["profile", "-u", location])).stdout).email, ada.email);
  assert.equal((await run(["logout", "-u", location])).code, 0);
  await fails(["profile", "-u", location], "login_required", 3);
});

test("mistakes", async () => {
  const there = join(folder, "m.json");
  await fails(["login", "-u", there], "usage", 2);
  await fails(["login", "-c", client], "usage", 2);
  await fails(["login", "-c", client, "-u", there, "--device", "--port", "1"], "usage", 2);
  await fails(["login", "-c", join(folder, "no.json"), "-u", there], "unreadable", 1);
  const bad = join(folder, "bad-client.json");
  for (const text of ["{", '{"installed":{"client_id":"x"}}', '"canary-secret"']) {
    writeFileSync(bad, text);
    assert.doesNotMatch(await fails(["login", "-c", bad, "-u", there], "invalid_client", 1), /canary/);
  }
  writeFileSync(there, "[canary-secret", { mode: 0o600 });
  assert.doesNotMatch(await fails(["logout", "-u", there], "invalid_credential", 1), /canary/);
});
