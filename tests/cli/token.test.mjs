// cloud-run-auth, its help and its mistakes; and the tokens that it prints.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { claimsOf, openWorld } from "./world.mjs";

const { emulator, url, folder, project, key, keyFile, run, fails } = await openWorld();
const service = emulator.addService("orders");
const secret = { secret: true };
const user = emulator.createAuthorizedUser({ email: "ada@example.com", scopes: ["openid", "email"] });

function userFile(name, file = user) {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(file), { mode: 0o600 });
  return path;
}

test("an ID token alone on standard output, of the credential that the search finds", async () => {
  const { code, stdout, stderr } = await run(["token", "--audience", service.url], secret);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^[\w.-]+$/);
  const { aud, email } = claimsOf(stdout);
  assert.deepEqual([aud, email], [service.url, key.client_email]);
  const answer = await fetch(`${service.url}/x`, { headers: { authorization: `Bearer ${stdout}` } });
  assert.equal(answer.status, 200);
});

test("--json: the token, when it ends, and of which kind it is", async () => {
  const id = JSON.parse((await run(["token", "--audience", service.url, "--json"], secret)).stdout);
  assert.deepEqual(Object.keys(id), ["token", "expiresAt", "kind"]);
  assert.deepEqual([id.kind, id.expiresAt], ["id_token", claimsOf(id.token).exp * 1000]);
  const args = ["token", "--scopes", "https://www.googleapis.com/auth/drive,openid", "--credential", keyFile, "--json"];
  const access = JSON.parse((await run(args, { ...secret, env: { GOOGLE_APPLICATION_CREDENTIALS: "" } })).stdout);
  assert.equal(access.kind, "access_token");
  const left = access.expiresAt - Date.now();
  assert.ok(left > 3_400_000 && left <= 3_600_000, String(left));
});

test("a user's tokens, from his file; the token that was refreshed is kept there, for its owner alone", async () => {
  const path = userFile("ada@example.com user.json");
  const { code, stdout, stderr } = await run(["token", "--scopes", "email", "-u", path], secret);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(JSON.parse(readFileSync(path, "utf8")).token, stdout);
  const again = await run(["token", "--scopes", "email", "--user-file", path], secret);
  assert.equal(again.stdout, stdout, "the one that is there is used");
  const { aud, email } = claimsOf((await run(["token", "--audience", "anything", "-u", `file://${encodeURI(path)}`], secret)).stdout);
  assert.deepEqual([aud, email], [user.client_id, "ada@example.com"]);
});

test("a file that others can read is warned about, and put right by the next write", { skip: process.platform === "win32" }, async () => {
  const path = userFile("open.json");
  chmodSync(path, 0o644);
  const { code, stderr } = await run(["token", "--scopes", "email", "-u", path], secret);
  assert.equal(code, 0);
  assert.match(stderr, /^warning: \S+open\.json can be read by others \(mode 0644\)\. Make it yours alone: chmod 600 \S+\n$/);
  assert.equal((await run(["token", "--scopes", "email", "-u", path], secret)).stderr, "");
});

test("who is not logged in, or did not grant it, is sent to log in: exit code 3", async () => {
  await fails(["token", "--scopes", "email", "-u", join(folder, "nobody.json")], "login_required", 3);
  await fails(["token", "--scopes", "https://www.googleapis.com/auth/drive", "-u", userFile("little.json")], "scopes_missing", 3);
  const gone = emulator.createAuthorizedUser({ email: "gone@example.com" });
  emulator.setUserState("gone@example.com", "revoked");
  await fails(["token", "--scopes", "openid", "-u", userFile("gone.json", gone)], "login_required", 3);
});

test("mistakes: exit code 2, what was meant, and no word that could be a secret", async () => {
  for (const [args, message] of [
    [[], /there is no command\. Give one of call, login, logout, policy, profile, proxy, serve, token, verify\./],
    [["tokne"], /there is no command "tokne"\. Did you mean token\?/],
    [["frobnicate"], /See cloud-run-auth --help\./],
    [["__proto__"], /there is no command/],
    [["token"], /give --audience URL for an ID token, or --scopes LIST/],
    [["token", "--audience", "a", "--scopes", "b"], /give --audience URL/],
    [["token", "--audeince", "a"], /token has no flag --audeince\. Did you mean --audience\?/],
    [["token", "--constructor"], /token has no flag --constructor\. See cloud-run-auth token --help\./],
    [["token", "-z"], /token has no flag -z\./],
    [["token", "--audience"], /--audience needs a value: --audience URL\./],
    [["token", "--audience", "--credential"], /--audience needs a value/],
    [["token", "--audience", "a", "--audience", "b"], /--audience is given twice/],
    [["token", "--audience", "a", "canary-secret"], /there is one word too many, the first/],
    [["token", "--json=canary-secret", "--audience", "a"], /--json takes no value/],
    [["token", "--scopes", " , "], /--scopes names no scope/],
    [["token", "--audience", "a", "-u", "x", "--credential", "y"], /give -u or --credential, not both/],
    [["token", "--audience", "a", "-u", "ftp://host/x"], /-u takes a path/],
    [["token", "--audience", "a", "-u", "gs://bucket"], /./],
    [["token", "--audience", "a", "-u", folder], /is a folder/],
  ]) {
    const stderr = await fails(args, args.includes("gs://bucket") ? "invalid_option" : "usage", 2);
    assert.match(stderr, message, args.join(" "));
    assert.doesNotMatch(stderr, /canary-secret/);
  }
  await fails(["token", "--audience", " "], "invalid_audience", 2);
});

test("what cannot be had: exit code 1, and with --json as JSON", async () => {
  await fails(["token", "--audience", "a", "--credential", join(folder, "no.json")], "unreadable", 1);
  const none = { env: { GOOGLE_APPLICATION_CREDENTIALS: "", PATH: join(process.execPath, "..") } };
  const stderr = await fails(["token", "--audience", "a"], "credential_not_found", 1, none);
  assert.match(stderr, /Or give --credential FILE, or -u FILE\./);
  writeFileSync(join(folder, "bad.json"), '{"type":"service_account","private_key":"canary-secret"}');
  const bad = await run(["token", "--json", "--audience", "a", "--credential", join(folder, "bad.json")]);
  assert.deepEqual([bad.code, bad.stdout], [1, ""]);
  assert.equal(JSON.parse(bad.stderr).error.code, "invalid_credential");
  assert.doesNotMatch(bad.stderr, /canary-secret/);
  const unknown = await run(["token", "--json", "--nonsense"]);
  assert.deepEqual([unknown.code, JSON.parse(unknown.stderr).error.code], [2, "usage"]);
  emulator.addFault({ endpoint: "token", reset: true });
  await fails(["token", "--audience", "a"], "exchange_unavailable", 1);
  emulator.clearFaults();
});

test("--help and --version", async () => {
  const { version } = JSON.parse(readFileSync(join(project, "node_modules/cloud-run-auth/package.json"), "utf8"));
  assert.deepEqual(await run(["--version"]), { code: 0, signal: null, stdout: `${version}\n`, stderr: "" });
  const general = await run(["--help"]);
  assert.equal(general.code, 0);
  assert.match(general.stdout, /^Usage: cloud-run-auth COMMAND/);
  for (const word of ["Commands:", "Environment:", "Exit codes:"]) assert.match(general.stdout, new RegExp(word));
  assert.deepEqual(await run(["help"]), general);
  const commands = [
    ...general.stdout
      .split("Commands:\n")[1]
      .split("\n\n")[0]
      .matchAll(/^ {2}(\w+)/gm),
  ].map(([, name]) => name);
  assert.ok(commands.includes("token"));
  for (const name of commands) {
    const help = await run([name, "--help"]);
    assert.equal(help.code, 0, name);
    assert.match(help.stdout, new RegExp(`^Usage: cloud-run-auth ${name} [^]*\\nFlags:\\n[^]*\\nExamples:\\n {2}cloud-run-auth ${name} `));
    assert.deepEqual(await run(["help", name]), help);
    assert.ok(Math.max(...help.stdout.split("\n").map((line) => line.length)) <= 130, `${name}: a line is too long`);
  }
});

test("a terminal gets a line break, and colours unless NO_COLOR is set", { skip: process.platform !== "linux" }, async () => {
  const onTerminal = (command, env = {}) =>
    new Promise((resolve, reject) => {
      const bin = join(project, "node_modules/.bin/cloud-run-auth");
      const given = { ...process.env, CLOUD_RUN_AUTH_EMULATOR: url, GOOGLE_APPLICATION_CREDENTIALS: keyFile, NO_COLOR: "", ...env };
      const child = spawn("script", ["-qec", `${bin} ${command}`, "/dev/null"], { env: given, stdio: ["ignore", "pipe", "inherit"] });
      let text = "";
      child.stdout.on("data", (part) => (text += part));
      child.on("error", reject).on("close", () => resolve(text));
    });
  assert.match(await onTerminal(`token --audience ${service.url}`), /^[\w.-]+\r\n$/);
  assert.match(await onTerminal("token"), /\x1b\[31merror:\x1b\[0m/);
  assert.doesNotMatch(await onTerminal("token", { NO_COLOR: "1" }), /\x1b/);
});

test("a reader that has gone ends it quietly", { skip: process.platform === "win32" }, async () => {
  const bin = join(project, "node_modules/.bin/cloud-run-auth");
  const child = spawn("sh", ["-c", `{ sleep 0.3; ${bin} --help; echo "code $?" >&2; } | true`]);
  let text = "";
  child.stderr.on("data", (part) => (text += part));
  await new Promise((resolve) => child.on("close", resolve));
  assert.equal(text, "code 0\n");
});
