// The containers' files, without containers: linted, held to what the service knows, and their commands run as they stand.
import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parse } from "yaml";
import { SETTINGS } from "../../pkg/cli/serve/settings.js";
import { envExample } from "../../scripts/env-example.mjs";
import { startRedis } from "../stores/lib/databases.mjs";
import { freePort } from "../stores/lib/port.mjs";
import { eventually, folder } from "./command.mjs";
import { policy, SEAL, SECRET } from "./stand.mjs";

const exec = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DOCKER = join(ROOT, "docker");
const dockerfile = readFileSync(join(DOCKER, "Dockerfile"), "utf8");
const files = readdirSync(DOCKER).filter((file) => file.startsWith("docker-compose"));
const composed = Object.fromEntries(files.map((file) => [file, parse(readFileSync(join(DOCKER, file), "utf8"))]));
const known = new Set(SETTINGS.flatMap(({ name }) => [`AUTH_JIT_${name}`, `AUTH_JIT_${name}_FILE`]));

test("linters of Dockerfiles and of Compose find no fault", async () => {
  await exec(join(dirname(process.env.SERVICE_TOOLS_PYTHON), "hadolint"), [join(DOCKER, "Dockerfile")]);
  await exec(join(ROOT, "tests/node_modules/.bin/dclint"), [DOCKER]);
});

test("they name settings that there are, files that there are, and no more rights than are needed", () => {
  for (const [, name] of dockerfile.matchAll(/\b(AUTH_JIT_[A-Z_]+)/g)) assert.ok(known.has(name), name);
  for (const [file, { services }] of Object.entries(composed))
    for (const [name, { environment = {}, volumes = [], build, ports = [] }] of Object.entries(services)) {
      for (const setting of Object.keys(environment)) assert.ok(known.has(setting), `${file} ${name} ${setting}`);
      for (const { type, source } of volumes.filter(({ type }) => type === "bind"))
        // The policy is whoever's it is.
        assert.ok(source === "./policy.toml" || existsSync(join(ROOT, source)), `${file} ${name} ${type} ${source}`);
      if (build) assert.match(dockerfile, new RegExp(`^FROM \\S+ AS ${build.target}$`, "m"));
      for (const port of ports) assert.match(String(port), /^127\.0\.0\.1:/, "this machine alone");
    }
  const { tokens, redis } = composed["docker-compose.yml"].services;
  for (const { read_only, cap_drop, security_opt } of [tokens, redis])
    assert.deepEqual([read_only, cap_drop, security_opt], [true, ["ALL"], ["no-new-privileges:true"]]);
  assert.match(dockerfile, /^USER 1000:1000$/m);
  assert.deepEqual(composed["docker-compose.otlp.yml"].services.jaeger.ports, ["127.0.0.1:16686:16686"]);
  assert.ok(
    existsSync(join(DOCKER, "otel-collector.yml")) &&
      parse(readFileSync(join(DOCKER, "otel-collector.yml"), "utf8")).service.pipelines.traces,
  );
});

test(".env.example has every setting with its default", () => {
  assert.equal(readFileSync(join(ROOT, ".env.example"), "utf8"), envExample(), "node scripts/env-example.mjs --write");
  for (const { name } of SETTINGS)
    assert.ok(envExample().includes(`\nAUTH_JIT_${name}=`) || envExample().includes(`\n# AUTH_JIT_${name}=`));
});

test("the image's own commands: installed as there, run as there, healthy, and gone at SIGTERM", { timeout: 300_000 }, async () => {
  const home = folder();
  chmodSync(home, 0o755);
  const [app, etc, redisHome] = ["app", "etc", "redis"].map((name) => join(home, name));
  for (const path of [app, etc, redisHome]) mkdirSync(path);
  // As the Dockerfile has it, but for the addresses of what was packed.
  for (const name of ["package.json", "package-lock.json", ".npmrc"])
    writeFileSync(join(app, name), readFileSync(join(DOCKER, "app", name)));
  await exec("npm", ["pack", join(ROOT, "pkg"), "--pack-destination", home]);
  const [tarball] = readdirSync(home).filter((file) => file.endsWith(".tgz"));
  await exec("npm", ["ci", "--omit=dev", "--no-audit", "--no-fund", "--prefer-offline"], { cwd: app });
  await exec("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--prefer-offline", join(home, tarball)], { cwd: app });
  writeFileSync(join(etc, "policy.toml"), await policy());
  writeFileSync(join(etc, "secret"), `${SEAL}\n`, { mode: 0o600 });
  // Root of the container is nobody; here it may be root itself that runs the tests.
  const nobody = process.getuid() === 0 ? { uid: 1000, gid: 1000 } : {};
  if (nobody.uid) for (const name of ["policy.toml", "secret"]) chownSync(join(etc, name), 1000, 1000);
  const redis = await startRedis(redisHome);
  after(() => redis.stop());
  const [port, given] = [await freePort(), readEnv(dockerfile)];
  const env = {
    ...{ PATH: process.env.PATH, HOME: "/nonexistent", ...given },
    ...{ AUTH_JIT_PORT: String(port), AUTH_JIT_POLICY: join(etc, "policy.toml"), AUTH_JIT_SECRET_FILE: join(etc, "secret") },
    ...{ AUTH_JIT_STORE_URL: `redis://127.0.0.1:${redis.port}`, AUTH_JIT_ISSUER: "https://tokens.example" },
  };
  assert.deepEqual([given.AUTH_JIT_HOST, given.AUTH_JIT_ENVIRONMENT], ["0.0.0.0", "production"]);
  const [program, ...words] = JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)[1]);
  assert.equal(program, "node");
  const marker = join(home, "marker");
  writeFileSync(marker, "");
  const child = spawn(process.execPath, words, { cwd: app, env, ...nobody });
  after(() => child.kill("SIGKILL"));
  let told = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (told += text));
  const ended = new Promise((resolve) => child.on("close", (code, signal) => resolve([code, signal])));
  const [healthProgram, ...health] = JSON.parse(/CMD (\["node", "-e".*\])$/m.exec(dockerfile)[1]);
  assert.equal(healthProgram, "node");
  const isHealthy = () =>
    exec(process.execPath, health, { env }).then(
      () => true,
      () => false,
    );
  await eventually(isHealthy).catch(() => assert.fail(told));
  const form = { grant_type: "client_credentials", client_id: "worker", client_secret: SECRET, audience: "https://orders.example" };
  const response = await fetch(`http://127.0.0.1:${port}/api/token`, { method: "POST", body: new URLSearchParams(form) });
  assert.equal(response.status, 200, await response.text());
  child.kill(/^STOPSIGNAL (\w+)$/m.exec(dockerfile)[1]);
  assert.deepEqual(await ended, [0, null]);
  assert.equal(await isHealthy(), false);
  assert.equal(execFileSync("find", [app, etc, "-newer", marker]).toString(), "", "nothing is written beside the store");
});

/** What the last stage sets. */
function readEnv(text) {
  const [, block] = /^ENV ((?:.*\\\n)*.*)$/m.exec(text);
  return Object.fromEntries(block.split(/\s*\\\n\s*|\s+/).map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
}
