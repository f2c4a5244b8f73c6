// Where a user's token is kept, by what -u names.
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { fileRecordStore } from "../stores/file.js";
import { gcsStore, parseGcsLocation } from "../stores/gcs.js";
import { isDatabase, openDatabase } from "./databases.js";
import { usage } from "./failure.js";
import { lookAt } from "./private-file.js";

/**
 * A record and the store that it is in.
 *
 * @typedef {{ store: import("../stores/index.d.ts").Store, user: string, shown: string }} Place
 */

/** The flag that names a user's file. */
export const USER = {
  "user-file": {
    short: "u",
    value: "FILE",
    help: "the user's token, as login keeps it: a path, or gs://BUCKET/OBJECT;\nor redis://…#NAME, postgres://…#NAME, sqlite:PATH#NAME, if the project in\nthis folder has the package redis, pg or better-sqlite3",
  },
};

/**
 * @param {string} text
 * @returns {Promise<Place>}
 */
export async function openUser(text) {
  if (isDatabase(text)) return openDatabase(text);
  const [, scheme] = /^([a-z][a-z0-9+.-]+):/i.exec(text) ?? [];
  if (scheme === "gs") {
    const { bucket, object } = /** @type {{ bucket: string, object: string }} */ (parseGcsLocation(text));
    return { store: gcsStore({ bucket }), user: object, shown: text };
  }
  if (scheme !== undefined && scheme !== "file" && text.includes("://"))
    throw usage(`-u takes a path, gs://BUCKET/OBJECT or the URL of a database, and not ${scheme}://.`);
  const path = resolve(scheme === "file" ? pathOf(text) : text);
  await lookAt(path, text);
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
