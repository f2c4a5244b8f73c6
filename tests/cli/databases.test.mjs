// A user's token in a database, by the package that the project has.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startPostgres, startRedis } from "../stores/lib/databases.mjs";
import { openWorld } from "./world.mjs";

const { emulator, url, folder, project, run, fails } = await openWorld();
const servers = mkdtempSync(join(tmpdir(), "cloud-run-auth-cli-databases-"));
const running = [];
after(async () => {
  for (const { stop } of running) await stop();
  rmSync(servers, { recursive: true, force: true });
});
const ada = emulator.addPerson({ email: "ada@example.com" });
const client = join(folder, "client.json");
writeFileSync(client, JSON.stringify(emulator.createOAuthClient({ type: "installed" })));
const browser = join(folder, "browser.mjs");
writeFileSync(
  browser,
  `const answer = await fetch(${JSON.stringify(`${url}/_emulator/consent`)}, { method: "POST", body: JSON.stringify({ url: process.argv.at(-1) }) });
  await fetch((await answer.json()).location);`,
);

/** As npm would have put it there. */
function installed(name) {
  mkdirSync(join(project, "node_modules"), { recursive: true });
  symlinkSync(fileURLToPath(new URL(`../node_modules/${name}`, import.meta.url)), join(project, "node_modules", name));
}

async function begun(start) {
  const server = await start(servers);
  running.push(server);
  return server.port;
}

for (const [name, open] of [
  ["redis", async () => `redis://127.0.0.1:${await begun(startRedis)}/0#users/ada`],
  ["pg", async () => `postgres://tests@127.0.0.1:${await begun(startPostgres)}/postgres#users%2Fada`],
  ["better-sqlite3", async () => "sqlite:users.db#users/ada"],
]) {
  test(`a login, a profile and a logout by ${name}`, async () => {
    const place = await open();
    assert.match(await fails(["profile", "-u", place], "missing_package", 1), new RegExp(`Run: npm install ${name}\\n?`));
    installed(name);
    await fails(["profile", "-u", place], "login_required", 3);
    const login = await run(["login", "-c", client, "-u", place], { env: { BROWSER: `${process.execPath} ${browser}` } });
    assert.equal(login.code, 0, login.stderr);
    assert.equal(JSON.parse((await run(["profile", "-u", place])).stdout).sub, ada.sub);
    assert.equal((await run(["token", "--scopes", "email", "-u", place], { secret: true })).code, 0);
    assert.equal((await run(["logout", "-u", place])).code, 0);
    await fails(["profile", "-u", place], "login_required", 3);
  });
}

test("a database that is a file is its owner's alone", { skip: process.platform === "win32" }, async () => {
  const path = join(project, "own.db");
  await fails(["profile", "-u", "sqlite:own.db#ada"], "login_required", 3);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  chmodSync(path, 0o640);
  const { stderr } = await run(["profile", "-u", "sqlite:own.db#ada"]);
  assert.match(stderr, /^warning: own\.db can be read by others \(mode 0640\)/);
});

test("mistakes", async () => {
  await fails(["profile", "-u", "redis://127.0.0.1:1/0"], "usage", 2);
  assert.doesNotMatch(await fails(["profile", "-u", "postgres://ada:canary@127.0.0.1:1/x#y"], "usage", 2), /canary/);
  await fails(["profile", "-u", "redis://127.0.0.1:1/0#ada"], "store_unavailable", 1);
  await fails(["profile", "-u", "postgres://ada@127.0.0.1:1/x#ada"], "store_unavailable", 1);
  await fails(["profile", "-u", "sqlite:no/such/folder.db#ada"], "store_unavailable", 1);
});
