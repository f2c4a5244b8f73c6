// Where the service keeps its state, by a URL.
import { fileURLToPath } from "node:url";
import { isDatabase, openDatabaseStore } from "../databases.js";
import { usage } from "../failure.js";
import { fileStore } from "../../stores/file.js";
import { gcsStore, parseGcsLocation } from "../../stores/gcs.js";
import { memoryStore } from "../../stores/memory.js";

/** Whether what is kept there is gone with the process. @param {string} url */
export const isMemory = (url) => url === "memory:" || url === "memory://";

/**
 * @param {string} url
 * @returns {Promise<import("../../stores/index.d.ts").Store>}
 */
export async function openStore(url) {
  if (isMemory(url)) return memoryStore();
  if (isDatabase(url)) return openDatabaseStore(new URL(url));
  if (url.startsWith("gs://")) {
    const { bucket, object } = parsed(url);
    return gcsStore({ bucket, ...(object && { prefix: `${object.replace(/\/$/, "")}/` }) });
  }
  if (url.startsWith("file:")) {
    const path = url.startsWith("file:///") ? fileURLToPath(url) : url.slice("file:".length);
    if (path) return fileStore(path);
  }
  // It may hold a password.
  throw usage("AUTH_JIT_STORE_URL is none of memory:, file:FOLDER, gs://BUCKET/PREFIX, redis://…, postgres://… and sqlite:FILE.");
}

/** @param {string} url */
function parsed(url) {
  const [, bucket, object = ""] = /^gs:\/\/([^/]+)\/?(.*)$/.exec(url) ?? [];
  if (!bucket) throw usage("AUTH_JIT_STORE_URL names no bucket. Give it as gs://BUCKET/PREFIX.");
  // What is wrong with the names is said by whoever reads them.
  if (object) parseGcsLocation(`gs://${bucket}/${object}`);
  return { bucket, object };
}
