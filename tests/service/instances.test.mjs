// Two instances of the service over one store, killed at any moment: whatever was answered holds afterwards, at both.
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startRedis } from "../stores/lib/databases.mjs";
import { freePort } from "../stores/lib/port.mjs";
import { eventually, folder, serveCommand } from "./command.mjs";
import { policy, SECRET } from "./stand.mjs";

const MODULES = fileURLToPath(new URL("../node_modules", import.meta.url));
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const USERS = 12;
const text = (await policy()).replaceAll('client_id = "worker"', 'client_id = "worker"\nrate = "100000/minute"');

const stores = {
  "the file store": async () => `file:${join(folder(), "state")}`,
  Redis: async () => {
    const home = folder();
    mkdirSync(join(home, "redis"));
    const redis = await startRedis(join(home, "redis"));
    after(() => redis.stop());
    return `redis://127.0.0.1:${redis.port}`;
  },
};

for (const [name, open] of Object.entries(stores))
  test(`${name}: kills and restarts lose no revocation and no login`, { timeout: 300_000 }, async (t) => {
    const url = await open();
    const ports = [await freePort(), await freePort()];
    const begin = (i) => {
      const cwd = folder();
      // Where the package of the database is, as in somebody's project.
      symlinkSync(MODULES, join(cwd, "node_modules"));
      return serveCommand({
        policy: text,
        cwd,
        port: ports[i],
        env: { AUTH_JIT_STORE_URL: url, AUTH_JIT_ISSUER: "https://tokens.example" },
      });
    };
    const instances = [await begin(0), await begin(1)];
    const ask = async (i, method, path, { json, bearer } = {}) => {
      const headers = { ...(json && { "content-type": "application/json" }), ...(bearer && { authorization: `Bearer ${bearer}` }) };
      const response = await fetch(`http://127.0.0.1:${ports[i]}${path}`, { method, headers, body: json && JSON.stringify(json) });
      return { status: response.status, body: await response.json() };
    };
    const login = async (i) =>
      (await ask(i, "POST", "/api/auth/login", { json: { client_id: "worker", client_secret: SECRET } })).body.data;
    const counts = { logins: 0, refreshes: 0, revocations: 0, lost: 0, recovered: 0 };
    /** What each user holds, and what is known of it: `live`, `ended`, or `unknown` where an answer was lost. */
    const users = [];
    for (let i = 0; i < USERS; i++) users.push({ ...(await login(i % 2)), state: "live" });

    /** One user does something at one of the instances. */
    async function act(user) {
      const i = randomInt(2);
      try {
        if (user.state !== "live") {
          Object.assign(user, await login(i), { state: "live" });
          counts.logins++;
        } else if (randomInt(4) === 0) {
          user.state = "leaving";
          const { status } = await ask(i, "DELETE", "/api/auth/revoke", { bearer: user.access_token });
          assert.equal(status, 200);
          Object.assign(user, { state: "ended" });
          counts.revocations++;
          ended.push({ access: user.access_token, refresh: user.refresh_token });
        } else {
          const { status, body } = await ask(i, "POST", "/api/auth/refresh", { json: { refresh_token: user.refresh_token } });
          assert.equal(status, 200, JSON.stringify(body));
          Object.assign(user, body.data);
          counts.refreshes++;
        }
      } catch (thrown) {
        if (thrown.code === "ERR_ASSERTION") throw thrown;
        // The instance was killed: nobody knows what it had done.
        counts.lost++;
        user.state = "unknown";
      }
    }

    const ended = [];
    for (let round = 0; round < ROUNDS; round++) {
      const killed = randomInt(2);
      const acts = users.map(async (user) => {
        for (let n = 0; n < 6; n++) await act(user);
      });
      await new Promise((resolve) => setTimeout(resolve, randomInt(400)));
      instances[killed].child.kill("SIGKILL");
      await instances[killed].ended;
      const other = (async () => (instances[killed] = await begin(killed)))();
      await Promise.all([...acts, other]);
      // Now both are there: all that was answered holds at both.
      for (const i of [0, 1]) {
        for (const { access, refresh } of ended) {
          assert.equal((await ask(i, "GET", "/api/user", { bearer: access })).status, 401, "a login that has ended is back");
          assert.equal((await ask(i, "POST", "/api/auth/refresh", { json: { refresh_token: refresh } })).status, 400);
        }
        for (const user of users.filter(({ state }) => state === "live"))
          assert.equal((await ask(i, "GET", "/api/user", { bearer: user.access_token })).status, 200, "a login is lost");
      }
      for (const user of users.filter(({ state }) => state === "live")) {
        const { status, body } = await ask(randomInt(2), "POST", "/api/auth/refresh", { json: { refresh_token: user.refresh_token } });
        assert.equal(status, 200, "a refresh token that was answered is not good");
        Object.assign(user, body.data);
      }
      // Whose answer was lost logs in again, if what he holds is no longer good; none of it does harm to others.
      for (const user of users.filter(({ state }) => state === "unknown" || state === "leaving")) {
        Object.assign(user, await login(0), { state: "live" });
        counts.recovered++;
      }
    }
    t.diagnostic(JSON.stringify({ rounds: ROUNDS, ...counts }));
    assert.ok(counts.revocations > 5 && counts.refreshes > 20, JSON.stringify(counts));
    for (const { child, ended } of instances) {
      child.kill("SIGTERM");
      assert.deepEqual((({ code, signal }) => [code, signal])(await ended), [0, null]);
    }
    await eventually(() => true);
  });
