// Stores by one text each, so that a process can be told which one to open: `redis:6379`, `sqlite:/tmp/a.db`.
import { createRequire } from "node:module";
import { memoryStore } from "../../../pkg/stores/memory.js";

/**
 * @param {string} spec
 * @returns {Promise<{ store: import("../../../pkg/stores/index.d.ts").Store, close: () => unknown }>}
 */
export async function openStore(spec) {
  const colon = spec.indexOf(":");
  const [kind, where] = [spec.slice(0, colon), spec.slice(colon + 1)];
  return openers[kind](where);
}

const nothing = () => {};

const openers = {
  memory: async () => ({ store: memoryStore(), close: nothing }),
  async file(folder) {
    const { fileStore } = await import("../../../pkg/stores/file.js");
    return { store: fileStore(folder), close: nothing };
  },
  async redis(port) {
    const [{ createClient }, { redisStore }] = await Promise.all([import("redis"), import("../../../pkg/stores/redis.js")]);
    const client = await createClient({ url: `redis://127.0.0.1:${port}` }).connect();
    return { store: redisStore(client), close: () => client.close() };
  },
  async ioredis(port) {
    const [{ Redis }, { redisStore }] = await Promise.all([import("ioredis"), import("../../../pkg/stores/redis.js")]);
    const client = new Redis(Number(port), "127.0.0.1");
    return { store: redisStore(client, { prefix: "io:" }), close: () => client.quit() };
  },
  async postgres(port) {
    const [{ default: pg }, { postgresStore }] = await Promise.all([import("pg"), import("../../../pkg/stores/postgres.js")]);
    const pool = new pg.Pool({ host: "127.0.0.1", port: Number(port), user: "tests", database: "postgres", max: 4 });
    return { store: postgresStore(pool), close: () => pool.end() };
  },
  /** Of Node itself, or by better-sqlite3 where it has none. */
  async sqlite(path) {
    const { sqliteStore } = await import("../../../pkg/stores/sqlite.js");
    const { DatabaseSync } = await import("node:sqlite").catch(() => ({}));
    const database = DatabaseSync ? new DatabaseSync(path) : new (createRequire(import.meta.url)("better-sqlite3"))(path);
    return { store: sqliteStore(database), close: () => database.close() };
  },
  async "deno-kv"(path) {
    const { denoKvStore } = await import("../../../pkg/stores/deno-kv.js");
    const kv = await globalThis.Deno.openKv(path);
    return { store: denoKvStore(kv), close: () => kv.close() };
  },
  /** JSON of what gcsStore takes. */
  async gcs(options) {
    await import("../../../pkg/runtime/node.js");
    const { gcsStore } = await import("../../../pkg/stores/gcs.js");
    return { store: gcsStore(JSON.parse(options)), close: nothing };
  },
};
