import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { IdempotencyStrategy, Storage } from "@google-cloud/storage";
import { assertionOf, exchange, start } from "../testing/harness.js";

// It wants clients of the version that it brings along.
const { OAuth2Client } = createRequire(createRequire(import.meta.url).resolve("@google-cloud/storage"))("google-auth-library");

/** Google's own client of Cloud Storage, with the emulator as its endpoint and a token of the emulator's. */
async function open(t, options) {
  const world = await start(t);
  const { url, key, emulator } = world;
  emulator.addBucket("orders", { limitWrites: false });
  const scope = "https://www.googleapis.com/auth/devstorage.read_write";
  const { access_token } = await (await exchange(url, assertionOf(key, { target_audience: undefined, scope }))).json();
  // Its resumable uploads leave the token out where the endpoint is not of the client's universe, whatever the option says.
  const universeDomain = new URL(url).hostname;
  const authClient = new OAuth2Client({ universeDomain });
  authClient.setCredentials({ access_token });
  const endpoint = { apiEndpoint: url, universeDomain, useAuthWithCustomEndpoint: true, projectId: key.project_id };
  const storage = new Storage({ ...endpoint, authClient, retryOptions: { autoRetry: false }, ...options });
  return { ...world, storage, bucket: storage.bucket("orders") };
}

const everyByte = Buffer.from(Array.from({ length: 1000 }, (_, index) => index & 255));

test("it saves, reads, describes and deletes, each way of uploading", async (t) => {
  const { bucket, emulator } = await open(t);
  for (const resumable of [false, true]) {
    const file = bucket.file(`users/ada ü/${resumable}?.bin`);
    assert.deepEqual(await file.exists(), [false]);
    const options = { resumable, validation: "crc32c", contentType: "application/x-thing", metadata: { metadata: { k: "v" } } };
    await file.save(everyByte, options);
    const [content] = await file.download({ validation: "crc32c" });
    assert.deepEqual(content, everyByte, "and the sums agree");
    const [metadata] = await file.getMetadata();
    assert.deepEqual([metadata.size, metadata.contentType, metadata.metadata], ["1000", "application/x-thing", { k: "v" }]);
    await file.setMetadata({ cacheControl: "no-store" });
    assert.deepEqual((await file.getMetadata())[0].metageneration, "2");
    await file.delete();
    assert.deepEqual(await file.exists(), [false]);
  }
  const uploads = emulator.log
    .filter(({ path }) => path.startsWith("/upload/"))
    .map(({ method, query }) => [method, /uploadType=(\w+)/.exec(query)[1]]);
  assert.deepEqual(uploads, [
    ["POST", "multipart"],
    ["POST", "resumable"],
    ["PUT", "resumable"],
  ]);
});

test("it sees preconditions fail, with the reasons that it knows", async (t) => {
  const { bucket } = await open(t);
  const save = (value, generation) =>
    bucket.file("a").save(value, { resumable: false, preconditionOpts: { ifGenerationMatch: generation } });
  const fails = async (promise, code, reason) =>
    assert.rejects(promise, (error) => error.code === code && (reason === undefined || error.errors?.[0].reason === reason));
  await save("1", 0);
  await fails(save("2", 0), 412, "conditionNotMet");
  const { generation } = (await bucket.file("a").getMetadata())[0];
  await save("2", generation);
  await fails(save("3", generation), 412, "conditionNotMet");
  await fails(bucket.file("a", { preconditionOpts: { ifGenerationMatch: generation } }).delete(), 412, "conditionNotMet");
  await fails(bucket.file("a", { generation }).getMetadata(), 404, "notFound");
  await fails(bucket.file("b").download(), 404);
  assert.equal(String((await bucket.file("a").download())[0]), "2");
});

test("it lists by prefix, page by page", async (t) => {
  const { bucket } = await open(t);
  const names = Array.from({ length: 7 }, (_, index) => `jobs/${index}`);
  for (const name of [...names, "other"]) await bucket.file(name).save(name, { resumable: false });
  const [files] = await bucket.getFiles({ prefix: "jobs/", maxResults: 3, autoPaginate: false });
  assert.deepEqual(
    files.map(({ name }) => name),
    names.slice(0, 3),
  );
  const [all] = await bucket.getFiles({ prefix: "jobs/" });
  assert.deepEqual(
    all.map(({ name }) => name),
    names,
  );
});

test("it waits and comes again after a 429, and is told of a missing permission", async (t) => {
  const idempotencyStrategy = IdempotencyStrategy.RetryAlways;
  const retryOptions = { autoRetry: true, idempotencyStrategy, maxRetries: 5, retryDelayMultiplier: 1, maxRetryDelay: 1 };
  const { bucket, emulator } = await open(t, { retryOptions });
  emulator.addBucket("orders", { limitWrites: true });
  emulator.clock.scale = 20;
  const file = bucket.file("a");
  for (const value of ["1", "2", "3"]) await file.save(value, { resumable: false });
  assert.equal(String((await file.download())[0]), "3");
  assert.ok(emulator.log.some(({ status, outcome }) => status === 429 && outcome.startsWith("rateLimitExceeded")));
  emulator.addBucket("orders", { readers: "serviceAccounts", writers: [] });
  await assert.rejects(
    file.save("4", { resumable: false }),
    ({ code, message }) => code === 403 && /storage\.objects\.create/.test(message),
  );
});
