import type { Store } from "./index.js";

/** What the store needs of a database: `DatabaseSync` of node:sqlite, better-sqlite3's and bun:sqlite's `Database` have it. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): { get(...parameters: any[]): unknown; run(...parameters: any[]): { changes: number | bigint } };
}

/**
 * Records as rows of SQLite, for the jobs of one machine. The table is made at first use. Versions are random; times are of the machine's
 * clock. While another process writes, the store waits, some ten seconds at most.
 *
 * ```ts
 * import { DatabaseSync } from "node:sqlite";
 * import { sqliteStore } from "cloud-run-auth/stores/sqlite";
 *
 * const store = sqliteStore(new DatabaseSync("/var/lib/my-jobs/users.db"));
 * ```
 */
export function sqliteStore(database: SqliteDatabase, options?: { table?: string }): Store;
