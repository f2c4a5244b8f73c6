import type { Store } from "./index.js";

/** A client that is connected: of the package `redis` (from version 4 on), or of `ioredis`. */
export type RedisClient = { sendCommand(command: any): Promise<unknown> } | { call(command: string, ...more: string[]): Promise<unknown> };

/**
 * Records in Redis, from version 5 on, as hashes: their members are `text` (or `base64`), `version` and `written_at`. A write is one script, so
 * no other comes in between; versions are random, times are Redis's own. Let Redis keep what it has on disk (`appendonly yes`), and evict
 * nothing: a record that is lost is a user who has to log in again.
 *
 * ```ts
 * import { createClient } from "redis";
 * import { redisStore } from "cloud-run-auth/stores/redis";
 *
 * const store = redisStore(await createClient({ url: "redis://127.0.0.1:6379" }).connect());
 * ```
 *
 * @param options `prefix` stands before each name. Default: `cloud-run-auth:`.
 */
export function redisStore(client: RedisClient, options?: { prefix?: string }): Store;
