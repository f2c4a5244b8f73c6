import type { Store } from "./index.js";

/** What the store needs of the package `pg`: a `Pool`, or a `Client` that is connected. */
export interface PostgresPool {
  query(text: string, values?: any[]): Promise<{ rows: any[] }>;
}

/**
 * Records as rows of PostgreSQL, from version 13 on. The table is made when it is missed, if the role may do that; or else make it yourself:
 * `name text primary key, value bytea not null, version text not null default gen_random_uuid()::text, written_at float8 not null default
 * round(extract(epoch from clock_timestamp()) * 1000)`. A write is one statement; versions are random, times are the server's.
 *
 * ```ts
 * import pg from "pg";
 * import { postgresStore } from "cloud-run-auth/stores/postgres";
 *
 * const store = postgresStore(new pg.Pool({ connectionString: "postgres://127.0.0.1/jobs" }), { table: "auth.users" });
 * ```
 *
 * @param options `table`, with its schema if need be. Default: `cloud_run_auth`.
 */
export function postgresStore(pool: PostgresPool, options?: { table?: string }): Store;
