// The kit on a bucket, and on one that is written to as if it heeded preconditions, which this server does in other uploads alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gcsStore } from "../../pkg/stores/gcs.js";
import { checkStore } from "../../pkg/stores/kit.js";
import { open } from "./gcs/world.mjs";
import { BUCKET, fakeGcsServer, storageEmulator } from "./second-server/servers.mjs";

const failed = (results) => results.filter(({ ok }) => !ok).map(({ name, why }) => `${name}: ${why}`);

test("a bucket passes the kit", async (t) => {
  const { options } = await open(t);
  assert.deepEqual(failed(await checkStore(() => gcsStore(options), { callers: 4, increments: 10 })), []);
});

test("a server that does not heed preconditions fails it", async (t) => {
  assert.ok(process.env.FAKE_GCS_SERVER, "run: make setup");
  const server = await fakeGcsServer(process.env.FAKE_GCS_SERVER);
  t.after(() => server.close());
  const store = {
    async read(key) {
      const answer = await server.send(`/storage/v1/b/${BUCKET}/o/${encodeURIComponent(key)}?alt=media`);
      if (answer.status === 404) return null;
      const value = new Uint8Array(await answer.arrayBuffer());
      const now = Date.parse(answer.headers.get("date"));
      return { value, version: answer.headers.get("x-goog-generation"), writtenAt: now, serverNow: now };
    },
    async write(key, value, expected) {
      const query = `uploadType=media&name=${encodeURIComponent(key)}&ifGenerationMatch=${expected ?? 0}`;
      const answer = await server.send(`/upload/storage/v1/b/${BUCKET}/o?${query}`, { method: "POST", body: value });
      return answer.status === 412 ? "conflict" : { version: (await answer.json()).generation };
    },
  };
  const names = failed(await checkStore(() => store)).map((line) => line.split(":")[0]);
  assert.ok(names.includes("a record is made but once"), names.join());
  assert.ok(names.includes("of writers at the same time one is first, and none is lost"), names.join());
});

test("a bucket on a server that heeds none at all fails it", async (t) => {
  assert.ok(process.env.GCP_STORAGE_EMULATOR_PYTHON, "run: make setup");
  const server = await storageEmulator(process.env.GCP_STORAGE_EMULATOR_PYTHON);
  t.after(() => server.close());
  const credential = async () => ({ token: "anybody", expiresAt: Date.now() + 3_600_000 });
  const store = () => gcsStore({ bucket: BUCKET, credential, endpoints: server.url, retry: false });
  const results = failed(await checkStore(store, { callers: 4 }));
  assert.match(results.join("\n"), /a stale version was taken/);
  assert.match(results.join("\n"), /increments \d+ were lost/);
});
