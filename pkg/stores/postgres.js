// Records as rows of PostgreSQL.
import { bare, invalid, isFunction, isObject } from "../options.js";
import { readKey } from "./keys.js";
import { readTable } from "./tables.js";
import { orUnavailable } from "./unavailable.js";

const NOW = "round(extract(epoch from clock_timestamp()) * 1000)::float8";
/** SQLSTATE: the table is not there. */
const UNDEFINED_TABLE = "42P01";
/** What of two who make a table at once the second may be told. */
const MADE_MEANWHILE = ["23505", "42P07", "42710"];

/**
 * @param {any} pool
 * @param {{ table?: string }} [options]
 * @returns {import("./index.d.ts").Store}
 */
export function postgresStore(pool, options) {
  if (!isObject(pool) || !isFunction(pool.query)) throw invalid("postgresStore takes a Pool or a Client of the package pg.");
  const { table: name = "cloud_run_auth", ...rest } = bare("what postgresStore takes", options);
  const table = readTable("postgresStore", name);
  if (Object.keys(rest).length > 0) throw invalid("what postgresStore takes is { table }.");

  const read = `select value, version, written_at, greatest(${NOW}, written_at) as now from ${table} where name = $1`;
  const make = `insert into ${table} (name, value) values ($1, $2) on conflict do nothing returning version`;
  const replace = `update ${table} set value = $2, version = gen_random_uuid()::text, written_at = ${NOW} where name = $1 and version = $3 returning version`;

  /** @param {string} text @param {unknown[]} values */
  async function row(text, values) {
    let answer;
    try {
      answer = await pool.query(text, values);
    } catch (/** @type {any} */ thrown) {
      if (thrown?.code !== UNDEFINED_TABLE) throw thrown;
      await makeTable(pool, table);
      answer = await pool.query(text, values);
    }
    return answer.rows[0];
  }

  return {
    read: (key) =>
      orUnavailable("read from PostgreSQL", async () => {
        const found = await row(read, [readKey(key)]);
        if (!found) return null;
        const { value, version, written_at, now } = found;
        return { value: new Uint8Array(value), version, writtenAt: Number(written_at), serverNow: Number(now) };
      }),
    write: (key, value, expected) =>
      orUnavailable("written to PostgreSQL", async () => {
        const written = await (expected === null ? row(make, [readKey(key), value]) : row(replace, [readKey(key), value, expected]));
        return written ? { version: written.version } : "conflict";
      }),
  };
}

/** @param {any} pool @param {string} table */
async function makeTable(pool, table) {
  const columns = `name text primary key, value bytea not null, version text not null default gen_random_uuid()::text, written_at float8 not null default ${NOW}`;
  try {
    await pool.query(`create table if not exists ${table} (${columns})`);
  } catch (/** @type {any} */ thrown) {
    if (!MADE_MEANWHILE.includes(thrown?.code)) throw thrown;
  }
}
