import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assertionOf, exchange, idToken, start } from "../testing/harness.js";

const CLI = fileURLToPath(new URL("../cli.js", import.meta.url));

/**
 * Starts the command. `line(n)` waits for its n-th line of output.
 *
 * @param {import("node:test").TestContext} t
 * @param {...string} args
 */
function run(t, ...args) {
  const child = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, NODE_OPTIONS: "" } });
  const output = { out: "", err: "" };
  child.stdout.on("data", (chunk) => (output.out += chunk));
  child.stderr.on("data", (chunk) => (output.err += chunk));
  const ended = new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal, ...output })));
  t.after(() => child.kill("SIGKILL"));
  const matching = async (pattern) => {
    for (;;) {
      const found = pattern.exec(output.out);
      if (found) return found;
      await Promise.race([new Promise((resolve) => child.stdout.once("data", resolve)), ended.then(({ err }) => assert.fail(err))]);
    }
  };
  return { child, ended, matching };
}

/** @param {import("node:test").TestContext} t */
async function folder(t) {
  const path = await mkdtemp(join(tmpdir(), "emulator-"));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

test("serves, writes a key that works, logs requests, and ends cleanly on SIGTERM", async (t) => {
  const keyFile = join(await folder(t), "key.json");
  const { child, ended, matching } = run(
    t,
    "--port",
    "0",
    "--key-file",
    keyFile,
    "--service",
    "api=https://a.example",
    "--service",
    "api=x=y",
    "--service",
    "web",
  );
  const [, url] = await matching(/CLOUD_RUN_AUTH_EMULATOR=(http:\/\/127\.0\.0\.1:\d+)\n/);
  const [, shown] = await matching(/GOOGLE_APPLICATION_CREDENTIALS=(.*)\n/);
  await matching(/Requests:\n/);
  assert.equal(shown, keyFile);
  if (process.platform !== "win32") assert.equal((await stat(keyFile)).mode & 0o777, 0o600);

  const key = JSON.parse(await readFile(keyFile, "utf8"));
  assert.equal(key.token_uri, "https://oauth2.googleapis.com/token");
  for (const audience of ["https://a.example", "x=y", `${url}/run/api`]) {
    const headers = { authorization: `Bearer ${await idToken({ url, key }, audience)}` };
    assert.equal((await fetch(`${url}/run/api/p?q=1`, { headers })).status, 200, audience);
  }
  assert.equal((await fetch(`${url}/run/web`)).status, 403);
  await exchange(url, assertionOf(key, { aud: "x" }));
  await fetch(`${url}/token`, { method: "POST", body: new URLSearchParams({ grant_type: "\x1b[31mred" }) });

  child.kill("SIGTERM");
  const { code, signal, out, err } = await ended;
  assert.deepEqual([code, signal, err], [0, null, ""]);
  assert.match(out, /^\d\d:\d\d:\d\d 200 POST \/token \(emulator@\S+ asks for x=y\)$/m);
  assert.match(out, /^\d\d:\d\d:\d\d 200 GET \/run\/api\/p\?q=1 \(emulator@\S+\)$/m);
  assert.match(out, /^\d\d:\d\d:\d\d 403 GET \/run\/web - no token$/m);
  assert.match(out, /400 POST \/token - invalid_grant: Invalid JWT: Failed audience check/);
  assert.ok(!out.includes("\x1b"), "no colours off a terminal, and none that came by the network");
});

test("the default service, and SIGINT with a request that hangs", async (t) => {
  const { child, ended, matching } = run(t, "--port", "0", "--quiet");
  const [url] = await matching(/^http:\/\/127\.0\.0\.1:\d+(?=\n$)/);
  assert.equal((await fetch(`${url}/run/hello`)).status, 403);
  await fetch(`${url}/_emulator/faults`, { method: "POST", body: JSON.stringify({ endpoint: "certs", hang: true }) });
  const hanging = assert.rejects(fetch(`${url}/oauth2/v3/certs`));
  const log = async () => (await fetch(`${url}/_emulator/log`)).json();
  while (!(await log()).some((entry) => entry.fault === "hang"));
  child.kill("SIGINT");
  const { code, out } = await ended;
  assert.equal(code, 0);
  assert.equal(out, `${url}\n`, "quiet means the URL and nothing else");
  await hanging;
});

test("--help, and mistakes", async (t) => {
  const { server } = await start(t);
  const taken = String(server.port);
  const cases = [
    [["--help"], 0, /^Usage: .*Examples:/s, /^$/],
    [["--port", taken], 1, /^$/, new RegExp(`^cloud-run-auth-emulator: port ${taken} is taken; choose another with --port`)],
    [["--port", "x"], 2, /^$/, /--port must be a number/],
    [["--port", "65536"], 2, /^$/, /--port must be a number/],
    [["--port", "-1"], 2, /^$/, /--help/],
    [["--service", "Bad"], 2, /^$/, /--service Bad: a service's name/],
    [["--nonsense"], 2, /^$/, /--nonsense/],
    [["extra"], 2, /^$/, /extra/],
    [["--port", "0", "--key-file", "/nowhere/key.json"], 1, /^$/, /cannot write \/nowhere\/key\.json/],
  ];
  const endings = await Promise.all(cases.map(([args]) => run(t, ...args).ended));
  for (const [i, [args, code, out, err]] of cases.entries()) {
    const ended = endings[i];
    assert.equal(ended.code, code, args.join(" "));
    assert.match(ended.out, out, args.join(" "));
    assert.match(ended.err, err, args.join(" "));
    assert.doesNotMatch(ended.err, /\n\s+at /, "no stack");
  }
});

test("a key file of its own is replaced, any other is left alone", async (t) => {
  const path = join(await folder(t), "key.json");
  const once = async (...more) => {
    const { child, ended, matching } = run(t, "--port", "0", "--quiet", "--key-file", path, ...more);
    await matching(/\n/);
    child.kill("SIGTERM");
    await ended;
    return JSON.parse(await readFile(path, "utf8"));
  };
  const first = await once();
  const second = await once("--token-uri", "http://127.0.0.1:8085/token");
  assert.notEqual(second.private_key_id, first.private_key_id);
  assert.equal(second.token_uri, "http://127.0.0.1:8085/token");

  for (const precious of ['{"type":"service_account","project_id":"real"}', "not even JSON"]) {
    await writeFile(path, precious);
    const { code, err } = await run(t, "--port", "0", "--key-file", path).ended;
    assert.equal(code, 1);
    assert.match(err, /is no key of an emulator: it is left alone/);
    assert.equal(await readFile(path, "utf8"), precious);
  }
});
