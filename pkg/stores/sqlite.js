// Records as rows of SQLite, for jobs on one machine.
import { bare, invalid, isFunction, isObject } from "../options.js";
import { readKey } from "./keys.js";
import { readTable } from "./tables.js";
import { orUnavailable } from "./unavailable.js";

/** How often a database is asked again that another process is writing to; some ten seconds. */
const BUSY_TRIES = 400;
/** Milliseconds since the epoch, by the clock of the machine that the file is on. */
const NOW = "cast(round((julianday('now') - 2440587.5) * 86400000) as integer)";

/**
 * @param {any} database
 * @param {{ table?: string }} [options]
 * @returns {import("./index.d.ts").Store}
 */
export function sqliteStore(database, options) {
  if (!isObject(database) || !isFunction(database.prepare) || !isFunction(database.exec))
    throw invalid("sqliteStore takes a database of node:sqlite, better-sqlite3 or bun:sqlite.");
  const { table: name = "cloud_run_auth", ...rest } = bare("what sqliteStore takes", options);
  const table = readTable("sqliteStore", name);
  if (Object.keys(rest).length > 0) throw invalid("what sqliteStore takes is { table }.");
  /** Once the table is there. @type {Record<"read" | "make" | "replace", any> | undefined} */
  let statements;

  /** @param {(statements: Record<"read" | "make" | "replace", any>) => any} act */
  async function ask(act) {
    for (let tries = BUSY_TRIES; ; tries--) {
      try {
        return act((statements ??= prepare(database, table)));
      } catch (thrown) {
        if (tries === 0 || !isBusy(thrown)) throw thrown;
        await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 40));
      }
    }
  }

  return {
    read: (key) =>
      orUnavailable("read from SQLite", async () => {
        const row = await ask(({ read }) => read.get(readKey(key)));
        // A database's own bytes are not the caller's to keep.
        return row ? { ...row, value: new Uint8Array(row.value) } : null;
      }),
    write: (key, value, expected) =>
      orUnavailable("written to SQLite", async () => {
        // A version is random: so none comes again, not even of a row that was deleted.
        const version = crypto.randomUUID();
        const { changes } = await ask(({ make, replace }) =>
          expected === null ? make.run(readKey(key), value, version) : replace.run(value, version, readKey(key), expected),
        );
        return Number(changes) === 1 ? { version } : "conflict";
      }),
  };
}

/**
 * @param {any} database
 * @param {string} table
 */
function prepare(database, table) {
  database.exec(
    `create table if not exists ${table} (name text primary key, value blob not null, version text not null, written_at integer not null) without rowid`,
  );
  // None with `returning`: to commit is the last step, and who takes the row that was returned does not see it fail.
  return {
    read: database.prepare(
      `select value, version, written_at as writtenAt, max(${NOW}, written_at) as serverNow from ${table} where name = ?`,
    ),
    make: database.prepare(`insert into ${table} (name, value, version, written_at) values (?, ?, ?, ${NOW}) on conflict do nothing`),
    replace: database.prepare(`update ${table} set value = ?, version = ?, written_at = ${NOW} where name = ? and version = ?`),
  };
}

/** Whether another process is writing: by better-sqlite3's and bun's code, and by node:sqlite's number. @param {any} thrown */
function isBusy(thrown) {
  return /^SQLITE_(BUSY|LOCKED)/.test(thrown?.code) || [5, 6].includes(thrown?.errcode & 255);
}
