// Where a user's token is kept, by what -u names.
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { fileRecordStore } from "../stores/file.js";
import { gcsStore, parseGcsLocation } from "../stores/gcs.js";
import { usage } from "./failure.js";
import { warn } from "./terminal.js";

/**
 * A record and the store that it is in.
 *
 * @typedef {{ store: import("../stores/index.d.ts").Store, user: string, shown: string }} Place
 */

/** The flag that names a user's file. */
export const USER = {
  "user-file": { short: "u", value: "FILE", help: "the user's token, as login keeps it: a path, or gs://BUCKET/OBJECT" },
};

/**
 * @param {string} text
 * @returns {Promise<Place>}
 */
export async function openUser(text) {
  const [, scheme] = /^([a-z][a-z0-9+.-]+):/i.exec(text) ?? [];
  if (scheme === "gs") {
    const { bucket, object } = /** @type {{ bucket: string, object: string }} */ (parseGcsLocation(text));
    return { store: gcsStore({ bucket }), user: object, shown: text };
  }
  if (scheme !== undefined && scheme !== "file" && text.includes("://"))
    throw usage(`-u takes a path or gs://BUCKET/OBJECT, and not ${scheme}://.`);
  const path = resolve(scheme === "file" ? pathOf(text) : text);
  await look(path, text);
  return { store: fileRecordStore(path), user: basename(path), shown: text };
}

/** @param {string} url */
function pathOf(url) {
  try {
    return fileURLToPath(url);
  } catch {
    throw usage("the URL of -u is no file's. Give it as file:///home/ada/user.json, or as a path.");
  }
}

/**
 * Warns of a file that is not its owner's alone. The next write puts that right.
 *
 * @param {string} path
 * @param {string} shown
 */
async function look(path, shown) {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory()) throw usage(`${shown} is a folder: -u takes the path of a file.`);
  if (stats && process.platform !== "win32" && stats.mode & 0o077)
    warn(
      `${shown} can be read by others (mode ${(stats.mode & 0o777).toString(8).padStart(4, "0")}). Make it yours alone: chmod 600 ${shown}`,
    );
}
