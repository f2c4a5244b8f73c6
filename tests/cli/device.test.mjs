// cloud-run-auth login --device, against the emulator's page for devices. Google's devices ask every five seconds: so these tests take half a minute.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { claimsOf, openWorld } from "./world.mjs";

const { emulator, folder, start, run, fails } = await openWorld();
const ada = emulator.addPerson({ email: "ada@example.com" });
emulator.addPerson({ email: "eve@example.com" });
const DRIVE = "https://www.googleapis.com/auth/drive.file";
const client = join(folder, "client.json");
writeFileSync(client, JSON.stringify(emulator.createOAuthClient({ type: "installed" })));
const recordOf = (path) => JSON.parse(readFileSync(path, "utf8"));

test("a login by a device: the code is shown, the answer waited for, and slow_down heeded", async () => {
  const path = join(folder, "device.json");
  writeFileSync(path, JSON.stringify({ note: "mine" }), { mode: 0o600 });
  const login = start(["login", "-c", client, "-u", path, "--device", "--scopes", DRIVE]);
  const [, code] = await login.printed(/give it the code (\S+)\n/);
  const answers = (outcome) => emulator.log.filter((entry) => entry.path === "/token" && entry.outcome.startsWith(outcome)).length;
  const until = async (outcome, count) => {
    for (let tries = 1200; answers(outcome) < count; tries--) {
      assert.ok(tries > 0, `${outcome}, in vain: ${login.output.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  // To an emulator whose clock is slow the device asks too often. From then on it has to wait for twice as long, or is told so again.
  await until("authorization_pending", 1);
  emulator.clock.scale = 0.5;
  await until("slow_down", 1);
  emulator.clock.scale = 1.2;
  await until("authorization_pending", 2);
  await emulator.consentDevice(code, { account: "ada@example.com" });
  const ended = await login.ended;
  assert.equal(ended.code, 0, ended.stderr);
  assert.deepEqual([answers("authorization_pending"), answers("slow_down")], [2, 1]);
  emulator.clock.scale = 1;
  const { type, refresh_token, id_token, sub, account, scopes, note, token } = recordOf(path);
  assert.deepEqual([type, typeof refresh_token, sub, account, note], ["authorized_user", "string", ada.sub, ada.email, "mine"]);
  assert.ok(scopes.includes(DRIVE));
  assert.equal(claimsOf(id_token).sub, ada.sub);
  assert.equal((await run(["token", "--scopes", DRIVE, "-u", path], { secret: true })).stdout, token, "it is used as it is");
  assert.equal(JSON.parse((await run(["profile", "-u", path])).stdout).email, ada.email);
  assert.equal((await run(["logout", "-u", path])).code, 0);
});

test("a device whose user says no, is another one, or has no client", async () => {
  const no = start(["login", "-c", client, "-u", join(folder, "d1.json"), "--device"]);
  const path = join(folder, "d2.json");
  writeFileSync(path, JSON.stringify({ sub: ada.sub }), { mode: 0o600 });
  const other = start(["login", "-c", client, "-u", path, "--device"]);
  await emulator.consentDevice((await no.printed(/the code (\S+)\n/))[1], { deny: true });
  await emulator.consentDevice((await other.printed(/the code (\S+)\n/))[1], { account: "eve@example.com" });
  const [denied, mismatched] = await Promise.all([no.ended, other.ended]);
  assert.equal(denied.code, 1);
  assert.match(denied.stderr, /\[login_cancelled\]\n$/);
  assert.ok(!existsSync(join(folder, "d1.json")));
  assert.equal(mismatched.code, 1);
  assert.match(mismatched.stderr, /\[user_mismatch\]\n$/);
  assert.deepEqual(recordOf(path), { sub: ada.sub });
  const unknown = join(folder, "unknown.json");
  writeFileSync(unknown, JSON.stringify({ installed: { client_id: "x.apps.googleusercontent.com", client_secret: "GOCSPX-canary" } }));
  assert.match(await fails(["login", "-c", unknown, "-u", join(folder, "d3.json"), "--device"], "exchange_refused", 1), /invalid_client/);
});
