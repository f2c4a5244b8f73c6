// Files that hold users' tokens, which are for their owner alone.
import { open, stat } from "node:fs/promises";
import { usage } from "./failure.js";
import { warn } from "./terminal.js";

/**
 * Warns of one that others can read. The next write of a user's file puts that right.
 *
 * @param {string} path
 * @param {string} shown
 */
export async function lookAt(path, shown) {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory()) throw usage(`${shown} is a folder: -u takes the path of a file.`);
  if (!stats || process.platform === "win32" || (stats.mode & 0o077) === 0) return;
  const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
  warn(`${shown} can be read by others (mode ${mode}). Make it yours alone: chmod 600 ${path}`);
}

/** Makes an empty one, where there is none. @param {string} path */
export async function touch(path) {
  const file = await open(path, "a", 0o600);
  await file.close();
}
