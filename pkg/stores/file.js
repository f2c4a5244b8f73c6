// Records as files of one folder, for jobs on one machine, and for people who look at them.
import { randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AuthError } from "../errors.js";
import { invalid, isString } from "../options.js";
import { readKey } from "./keys.js";

/** How long a lock is left alone whose holder can no longer be asked whether it is alive. */
const LOCK_DEAD_AFTER = 10_000;
const LOCK_TRIES = 1500;

/**
 * @param {string} folder
 * @returns {import("./index.d.ts").Store}
 */
export function fileStore(folder) {
  if (!isString(folder) || !folder || folder.includes("\0")) throw invalid("fileStore takes the path of a folder.");
  return filesAt((key) => pathOf(folder, key));
}

/**
 * @param {string} path
 * @returns {import("./index.d.ts").Store}
 */
export function fileRecordStore(path) {
  if (!isString(path) || !path || path.includes("\0")) throw invalid("fileRecordStore takes the path of a file.");
  const name = basename(path);
  return filesAt((key) => {
    if (!readKey(key).startsWith(name)) throw invalid(`the one record of this store is ${JSON.stringify(name)}.`);
    return join(dirname(path), readKey(key).replaceAll("/", "%2F"));
  });
}

/**
 * @param {(key: string) => string} pathOf
 * @returns {import("./index.d.ts").Store}
 */
function filesAt(pathOf) {
  return {
    async read(key) {
      return readRecord(pathOf(key));
    },
    async write(key, value, expected) {
      const path = pathOf(key);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      return locked(path, async () => {
        const before = await readRecord(path);
        if ((before?.version ?? null) !== expected) return "conflict";
        return { version: await replace(path, value) };
      });
    },
  };
}

/**
 * A name is one file: its slashes lead into no folder.
 *
 * @param {string} folder
 * @param {unknown} key
 */
function pathOf(folder, key) {
  const name = encodeURIComponent(readKey(key)).replace(/^\.|[*'()!~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  if (name.length > 200) throw invalid("the name of a record is too long for a file.");
  return join(folder, name);
}

/**
 * The version is of what a file is, not of what it holds: each write has a later time than the one before, and an editor's has its own.
 *
 * @param {string} path
 */
async function readRecord(path) {
  for (let tries = 9; ; tries--) {
    let file;
    try {
      file = await open(path, "r");
    } catch (/** @type {any} */ thrown) {
      if (thrown.code === "ENOENT") return null;
      throw failed("read", thrown);
    }
    try {
      const before = await file.stat({ bigint: true });
      const value = new Uint8Array(await file.readFile());
      const after = await file.stat({ bigint: true });
      const version = versionOf(after);
      // Somebody wrote into the very file.
      if (versionOf(before) !== version && tries > 0) continue;
      return { value, version, writtenAt: Number(after.mtimeMs), serverNow: Math.max(Date.now(), Number(after.mtimeMs)) };
    } catch (thrown) {
      throw failed("read", thrown);
    } finally {
      await file.close();
    }
  }
}

/** @param {{ ino: bigint, mtimeNs: bigint, size: bigint }} stats */
function versionOf({ ino, mtimeNs, size }) {
  return [mtimeNs, ino, size].join("-");
}

/**
 * Puts a whole file in place of the one that is there, so that nobody ever reads half of one.
 *
 * @param {string} path
 * @param {Uint8Array} value
 */
async function replace(path, value) {
  const made = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  const before = await stat(path, { bigint: true }).catch(() => undefined);
  // File systems tell times apart by milliseconds, and give the number of a file that is gone to the next: so the time is set, a
  // few microseconds behind the last one's at least. A double has no finer ones.
  const micros = Math.max(Date.now() * 1000, Number((before?.mtimeNs ?? 0n) / 1000n) + 2);
  try {
    const file = await open(made, "wx", 0o600);
    try {
      await file.writeFile(value);
      await file.utimes(micros / 1e6, micros / 1e6);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(made, path);
    const now = await stat(path, { bigint: true });
    if (before && before.mtimeNs >= now.mtimeNs) throw new Error("the file system does not tell one write from another");
    return versionOf(now);
  } catch (thrown) {
    await rm(made, { force: true });
    throw failed("written", thrown);
  }
}

/**
 * Holds the lock of a record: a file that exists while it is held, made as a whole with its holder in it.
 *
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} act
 * @returns {Promise<T>}
 */
async function locked(path, act) {
  const lock = join(dirname(path), `.${basename(path)}.lock`);
  const mine = `${lock}.${randomUUID()}`;
  try {
    const file = await open(mine, "wx", 0o600);
    await file.writeFile(String(process.pid)).finally(() => file.close());
    for (let tries = LOCK_TRIES; ; tries--) {
      try {
        await link(mine, lock);
        break;
      } catch (/** @type {any} */ thrown) {
        if (thrown.code !== "EEXIST" || tries === 0) throw thrown;
        await breakDead(lock, mine);
        await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20));
      }
    }
  } catch (thrown) {
    throw failed("locked", thrown);
  } finally {
    await rm(mine, { force: true });
  }
  try {
    return await act();
  } finally {
    await rm(lock, { force: true });
  }
}

/**
 * Takes away the lock of a process that is no more. It is moved to a name of one's own first: of several who found it dead, one moves it, and
 * whoever moved a living one by mistake puts it back.
 *
 * @param {string} lock
 * @param {string} mine
 */
async function breakDead(lock, mine) {
  const holder = Number(await readFile(lock, "utf8").catch(() => ""));
  if (!holder || isAlive(holder)) return;
  const stats = await stat(lock, { bigint: true }).catch(() => undefined);
  // A process of another container has numbers of its own.
  if (!stats || Date.now() - Number(stats.mtimeMs) < LOCK_DEAD_AFTER) return;
  const moved = `${mine}.dead`;
  try {
    await rename(lock, moved);
  } catch {
    return;
  }
  if (Number(await readFile(moved, "utf8").catch(() => "")) !== holder) await link(moved, lock).catch(() => {});
  await rm(moved, { force: true });
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (/** @type {any} */ thrown) {
    return thrown.code === "EPERM";
  }
}

/** @param {string} what @param {any} thrown */
function failed(what, thrown) {
  const error = new AuthError("store_unavailable", `the record's file could not be ${what} (${thrown.code ?? thrown.message}).`);
  return Object.assign(error, { cause: thrown });
}
