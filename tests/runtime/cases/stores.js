// Stores that come with the package, where they have to do with the runtime: its fetch, and how it finds the package from within.
// Imported by the cases alone: whoever lists them has no package installed.
import { contains, equal, failure, ok } from "../client/check.js";

const gcs = () => import("cloud-run-auth/stores/gcs");
const bytes = (text) => new TextEncoder().encode(text);
const text = (record) => new TextDecoder().decode(record.value);

/** A store in a bucket of the case's own, without the limit of one write a second. */
async function openBucket(t, bucketOptions = {}, options = {}) {
  const { gcsStore } = await gcs();
  const bucket = t.unique("b");
  await t.emulator.make("buckets", { name: bucket, limitWrites: false, ...bucketOptions });
  return gcsStore({ bucket, credential: await t.account(), endpoints: t.emulator.url, ...options });
}

const cases = [
  {
    name: "a record in a bucket: written, read, replaced, deleted, and stale versions refused",
    async run(t) {
      const store = await openBucket(t, {}, { prefix: "users/" });
      const key = "ada lovelace/ü?#%2F";
      const value = Uint8Array.from({ length: 256 }, (_, index) => index);
      equal(await store.read(key), null, "nothing");
      const { version } = await store.write(key, value, null);
      const record = await store.read(key);
      equal([[...record.value], record.version], [[...value], version], "record");
      ok(record.writtenAt <= record.serverNow, "times");
      equal(await store.write(key, value, null), "conflict", "a second first one");
      const next = await store.write(key, bytes("2"), version);
      equal(await store.write(key, value, version), "conflict", "a stale version");
      equal(await store.delete(key, version), "conflict", "a stale version");
      equal(await store.delete(key, next.version), true, "deleted");
      equal(await store.write(key, value, next.version), "conflict", "what is gone");
    },
  },
  {
    name: "a record in a bucket: increments at the same time, none lost",
    async run(t) {
      const store = await openBucket(t);
      const increment = async () => {
        for (;;) {
          const record = await store.read("counter");
          const value = bytes(String(record ? Number(text(record)) + 1 : 1));
          if ((await store.write("counter", value, record?.version ?? null)) !== "conflict") return;
        }
      };
      await Promise.all(
        Array.from({ length: 5 }, async () => {
          for (let i = 0; i < 6; i++) await increment();
        }),
      );
      equal(text(await store.read("counter")), "30", "count");
    },
  },
  {
    name: "a record in a bucket: an answer is lost, and whether it was written can be read",
    async run(t) {
      const store = await openBucket(t);
      const { version } = await store.write("a", bytes("1"), null);
      await t.emulator.fault({ endpoint: "storage", match: "/upload/", lost: true, times: 1 });
      // Where the runtime sends it again by itself, its own write is in the way.
      const error = await failure(
        store.write("a", bytes("2"), version).then((written) => equal(written, "conflict", "what is written twice")),
      );
      if (error) equal([error.code, error.transient], ["store_unavailable", true], "error");
      await t.emulator.clearFaults();
      equal(text(await store.read("a")), "2", "value");
    },
  },
  {
    name: "a record in a bucket: what is missing is said",
    async run(t) {
      const store = await openBucket(t, { readers: [], writers: [] });
      for (const refused of [() => store.read("a"), () => store.write("a", bytes(""), null)])
        contains((await t.refused(refused, "store_refused")).message, "roles/storage.objectUser", "message");
      await t.refused(() => store.read("a\n"), "invalid_option");
      const { gcsStore, parseGcsLocation } = await gcs();
      t.refusedAtOnce(() => gcsStore({ bucket: "No" }), "invalid_option");
      equal(parseGcsLocation("gs://my-bucket/a/b"), { bucket: "my-bucket", object: "a/b" }, "location");
    },
  },
];

export default { name: "stores", cases };
