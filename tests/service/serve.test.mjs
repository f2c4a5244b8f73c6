// The command `serve`: its settings, what it refuses to start with, and what it does while it runs.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readSettings, SETTINGS, settingsHelp } from "../../pkg/cli/serve/settings.js";
import { merged } from "../../pkg/cli/serve/merged.js";
import { eventually, folder, serveCommand } from "./command.mjs";
import { IDP, policy, SEAL, SECRET, stand } from "./stand.mjs";

const CLI = fileURLToPath(new URL("../../pkg/cli/cli.js", import.meta.url));
const text = await policy();

/** Runs the command to its end. */
function run(args, { env = {}, cwd = folder(), input } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CLI, ...args], { cwd, env: { PATH: process.env.PATH, HOME: cwd, ...env } });
    setTimeout(() => child.kill("SIGKILL"), 60_000).unref();
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"]) child[name].setEncoding("utf8").on("data", (text) => (output[name] += text));
    child.stdin.end(input);
    child.on("close", (code) => resolve({ code, ...output }));
  });
}

test("what it cannot start with is said, and no secret of it", async () => {
  const cwd = folder();
  writeFileSync(join(cwd, "policy.toml"), text);
  writeFileSync(join(cwd, "bad.toml"), '[callers.a]\nissuer = "https://idp.example"\n');
  const good = { AUTH_JIT_SECRET: SEAL };
  for (const [env, why, code = "usage"] of [
    [{}, /AUTH_JIT_SECRET is missing.*openssl rand/],
    [{ AUTH_JIT_SECRET: "short-canary" }, /AUTH_JIT_SECRET is under 32 characters/],
    [{ ...good, AUTH_JIT_PROT: "1" }, /no setting AUTH_JIT_PROT/],
    [{ ...good, AUTH_JIT_PORT: "http" }, /AUTH_JIT_PORT is no number from 0 to 65535/],
    [{ ...good, AUTH_JIT_PORT: "70000" }, /AUTH_JIT_PORT/],
    [{ ...good, AUTH_JIT_PORT: "0" }, /give AUTH_JIT_ISSUER/],
    [{ ...good, AUTH_JIT_RELOAD: "yes" }, /True, true or 1/],
    [{ ...good, AUTH_JIT_LOG_LEVEL: "loud" }, /error, warning, info, debug/],
    [{ ...good, AUTH_JIT_WORKERS: "2" }, /workers do not share their memory/],
    [{ ...good, AUTH_JIT_ENVIRONMENT: "production" }, /AUTH_JIT_STORE_URL/],
    [{ ...good, AUTH_JIT_ENVIRONMENT: "production", AUTH_JIT_STORE_URL: "file:state" }, /https URL/],
    [{ ...good, AUTH_JIT_STORE_URL: "mysql://u:canary@h/d" }, /AUTH_JIT_STORE_URL is none of/],
    [{ ...good, AUTH_JIT_ACCESS_TTL: "11m" }, /60 to 600 s/, "invalid_option"],
    [{ ...good, AUTH_JIT_ACCESS_TTL: "ten" }, /is no time/],
    [{ ...good, AUTH_JIT_ISSUER: "http://tokens.example" }, /no https URL/, "invalid_option"],
    [{ ...good, AUTH_JIT_POLICY: "none.toml" }, /cannot be read \(ENOENT\)/, "unreadable"],
    [{ ...good, AUTH_JIT_POLICY: "bad.toml" }, /^error: bad\.toml:1:1: callers\.a would be whoever/, "invalid_policy"],
    [{ AUTH_JIT_SECRET_FILE: "nothing-here" }, /nothing-here cannot be read/],
    [{ ...good, AUTH_JIT_SECRET_FILE: "x" }, /not both/],
  ]) {
    const { code: exit, stdout, stderr } = await run(["serve"], { cwd, env });
    assert.deepEqual([exit, stdout], [code === "unreadable" ? 1 : 2, ""], `${JSON.stringify(env)} ${stderr}`);
    assert.match(stderr, why, JSON.stringify(env));
    assert.ok(stderr.endsWith(`[${code}]\n`) && !stderr.includes("canary") && !stderr.includes(SEAL), stderr);
  }
});

test("help names every setting with its default", async () => {
  const { code, stdout } = await run(["serve", "--help"]);
  assert.equal(code, 0);
  for (const { name, usual } of SETTINGS) {
    assert.ok(stdout.includes(`AUTH_JIT_${name} `), name);
    if (usual) assert.ok(stdout.includes(`default: ${usual}`), name);
  }
  assert.ok(
    settingsHelp()
      .split("\n")
      .every((line) => line.length <= 140),
  );
});

test("truth values, lists and times as they are written", () => {
  const read = (env) => readSettings(env, () => assert.fail("no file is named"));
  for (const yes of ["True", "true", "1", "TRUE"]) assert.equal(read({ AUTH_JIT_RELOAD: yes }).reload, true);
  for (const no of ["False", "false", "0", ""]) assert.equal(read({ AUTH_JIT_RELOAD: no }).reload, false);
  const { audiences, access_ttl, login_ttl, key_ttl, port, host, workers, old_secrets } = read({
    AUTH_JIT_AUDIENCES: " a  b ",
    AUTH_JIT_KEY_TTL: "7d",
  });
  assert.deepEqual([audiences, access_ttl, login_ttl, key_ttl], [["a", "b"], 600_000, 86_400_000, 604_800_000]);
  assert.deepEqual([port, host, workers, old_secrets], [8000, "127.0.0.1", 1, []]);
});

test(".env is read, the environment goes before it, and a secret may be in a file", async () => {
  const cwd = folder();
  writeFileSync(join(cwd, "secret"), `${SEAL}\n`);
  writeFileSync(join(cwd, ".env"), `# comment\nAUTH_JIT_SECRET_FILE=secret\nAUTH_JIT_LOG_LEVEL="error"\nAUTH_JIT_METRICS=off\n`);
  const service = await serveCommand({ policy: text, cwd, env: { AUTH_JIT_SECRET: "", AUTH_JIT_LOG_LEVEL: "debug" } });
  assert.equal((await fetch(`${service.url}/metrics`)).status, 403, "as .env says");
  await eventually(() => service.lines().some(({ event, path, status }) => event === "request" && path === "/metrics" && status === 403));
  const failed = await run(["serve", "--settings", "none.env"], { cwd });
  assert.match(failed.stderr, /none\.env of the environment cannot be read/);
});

test("a policy that changes holds at once; one that does not hold changes nothing, and is said", async () => {
  const service = await serveCommand({ policy: text });
  const ask = async () => {
    const form = { grant_type: "client_credentials", client_id: "worker", client_secret: SECRET, audience: "https://new.example" };
    return (await fetch(`${service.url}/api/token`, { method: "POST", body: new URLSearchParams(form) })).status;
  };
  assert.equal(await ask(), 400);
  writeFileSync(service.policyFile, `${text}\n[[grants]]\nto = ["worker"]\njwt_for = ["https://new.example"]\n`);
  await eventually(async () => (await ask()) === 200);
  writeFileSync(service.policyFile, `${text}\n[[grants]]\nto = ["wroker"]\njwt_for = ["https://new.example"]\n`);
  await eventually(() => service.lines().some(({ event, severity }) => event === "policy" && severity === "ERROR"));
  const [{ message }] = service.lines().filter(({ severity }) => severity === "ERROR");
  assert.match(message, /^policy\.toml:\d+:7: there is no caller "wroker"\. Did you mean "worker"\?/);
  assert.equal(await ask(), 200);
});

test("several workers are one service: their metrics are one, and one that is killed is followed by another", async () => {
  const cwd = folder();
  const service = await serveCommand({ policy: text, cwd, env: { AUTH_JIT_WORKERS: "3", AUTH_JIT_STORE_URL: "file:state" } });
  const { data } = await (
    await fetch(`${service.url}/api/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ client_id: "worker", client_secret: SECRET }),
    })
  ).json();
  const user = () => fetch(`${service.url}/api/user`, { headers: { authorization: `Bearer ${data.access_token}`, connection: "close" } });
  for (let i = 0; i < 12; i++) assert.equal((await user()).status, 200, "whichever answers");
  const count = async () => {
    const metrics = await (await fetch(`${service.url}/metrics`, { headers: { connection: "close" } })).text();
    return Number(/route="\/api\/user",method="GET",status="200"} (\d+)/.exec(metrics)?.[1]);
  };
  assert.equal(await count(), 12);
  assert.equal(await count(), 12, "whoever is asked");
  const pids = (await children(service.child.pid)).map(Number);
  assert.equal(pids.length, 3);
  process.kill(pids[0], "SIGKILL");
  await eventually(async () => {
    const now = (await children(service.child.pid)).map(Number);
    return now.length === 3 && !now.includes(pids[0]);
  });
  assert.equal((await user()).status, 200);
  service.child.kill("SIGTERM");
  assert.deepEqual((({ code, signal }) => [code, signal])(await service.ended), [0, null]);
});

test("with reload a change of .env begins the service anew", async () => {
  const cwd = folder();
  writeFileSync(join(cwd, ".env"), "AUTH_JIT_METRICS=off\n");
  const service = await serveCommand({ policy: text, cwd, env: { AUTH_JIT_RELOAD: "True" } });
  const status = async () => (await fetch(`${service.url}/metrics`, { headers: { connection: "close" } })).status;
  assert.equal(await status(), 403);
  writeFileSync(join(cwd, ".env"), "AUTH_JIT_METRICS=open\n");
  utimesSync(join(cwd, ".env"), new Date(), new Date());
  await eventually(async () => (await status()) === 200);
  service.child.kill("SIGTERM");
  assert.equal((await service.ended).code, 0);
});

test("it ends at SIGTERM once what is under way is answered", async () => {
  const service = await serveCommand({ policy: text });
  // A secret takes some time to be looked at.
  const form = { grant_type: "client_credentials", client_id: "worker", client_secret: SECRET, audience: "https://orders.example" };
  const asked = fetch(`${service.url}/api/token`, { method: "POST", body: new URLSearchParams(form) });
  await new Promise((resolve) => setTimeout(resolve, 20));
  service.child.kill("SIGTERM");
  assert.equal((await asked).status, 200);
  assert.deepEqual((({ code, signal }) => [code, signal])(await service.ended), [0, null]);
});

test("metrics are for this machine by its own names: no page gets at them by somebody else's DNS", async () => {
  const { ask } = await stand();
  for (const host of ["localhost:8000", "127.0.0.1", "[::1]:1"])
    assert.equal((await ask("GET", "/metrics", { headers: { host } })).status, 200, host);
  for (const host of ["evil.example", "127.0.0.1.evil.example:8000", ""])
    assert.equal((await ask("GET", "/metrics", { headers: { host } })).status, 403, host);
});

test("metrics of several processes add up, and what belongs together stays together", () => {
  const one = '# HELP a x\n# TYPE a counter\na{l="1"} 2\n# HELP b y\n# TYPE b counter\nb{l="x y"} 1\n';
  const other = '# HELP a x\n# TYPE a counter\na{l="2"} 5\na{l="1"} 3\n# HELP b y\n# TYPE b counter\n';
  assert.equal(merged([one, other]), '# HELP a x\n# TYPE a counter\na{l="1"} 5\na{l="2"} 5\n# HELP b y\n# TYPE b counter\nb{l="x y"} 1\n');
});

test("policy: check, explain and secret", async () => {
  const cwd = folder();
  writeFileSync(join(cwd, "policy.toml"), text);
  const says = async (args, code = 0, input) => {
    const ended = await run(["policy", ...args], { cwd, input });
    assert.equal(ended.code, code, ended.stderr);
    return ended.stdout + ended.stderr;
  };
  assert.equal(await says(["check"]), "policy.toml holds.\n");
  assert.match(
    await says(["explain", "--caller", "ada", "--audience", "https://orders.example", "--scopes", "orders.read"]),
    /^granted: ada\n.*line 14 grants ada JWTs of 300 s.*: this gives it/s,
  );
  assert.match(
    await says(["explain", "--caller", "ada", "--audience", "https://orders.example", "--scopes", "orders.delete"], 1),
    /^refused: ada\n.*not for all of the scopes "orders\.delete"/s,
  );
  const claims = JSON.stringify({ iss: IDP, sub: "bob", team: "ops" });
  assert.match(
    await says(["explain", "--claims", claims]),
    /^nobody whom the policy names\n  not ada: its claim sub is "bob", and has to be "ada"\n  not staff: its claim team is "ops", and has to be "core" or "web"\n/,
  );
  const token = `x.${Buffer.from(JSON.stringify({ iss: IDP, sub: "ada" })).toString("base64url")}.y`;
  assert.match(await says(["explain", "--claims", "@-"], 0, token), /^ada\n/);
  const { secret, hash } = JSON.parse(await says(["secret", "--json"]));
  assert.match(secret, /^[\w-]{43}$/);
  assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  for (const [args, why] of [
    [["explain"], /say who it is/],
    [["explain", "--caller", "eve", "--audience", "x"], /no caller "eve"/],
    [["explain", "--claims", "ada"], /neither an object of JSON nor a token/],
    [["explain", "--caller", "ada", "--kind", "access-token"], /is for --scopes/],
    [["burn"], /ACTION is none of/],
  ])
    assert.match(await says(args, 2), why);
});

/** The processes that a process has begun. */
function children(pid) {
  return new Promise((resolve) => {
    const child = spawn("ps", ["-o", "pid=", "--ppid", String(pid)]);
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part) => (text += part));
    child.on("close", () =>
      resolve(
        text
          .split("\n")
          .map((line) => line.trim())
          .filter(Boolean),
      ),
    );
  });
}
