import type { Store } from "./index.js";

/**
 * Records as files of one folder, for the jobs of one machine (Node, Deno, Bun). Files are for their owner alone (mode 0600), written whole
 * and moved into place; a lock file is held meanwhile, and taken over from a process that is no more. A file that was edited by hand has
 * another version. The file system needs hard links and times finer than a second; on one of a network, locks hold as far as its links are atomic.
 *
 * ```ts
 * import { fileStore } from "cloud-run-auth/stores/file";
 *
 * const store = fileStore("/var/lib/my-jobs/users");
 * ```
 */
export function fileStore(folder: string): Store;

/**
 * The same for one record, at a path of one's own: its name is the file's, and whatever belongs to it (`.lease`, `.sessions`) lies beside it.
 *
 * ```ts
 * import { fileRecordStore } from "cloud-run-auth/stores/file";
 * import { createUserCredential } from "cloud-run-auth/user";
 *
 * const user = createUserCredential({ store: fileRecordStore("/home/ada/user.json"), user: "user.json" });
 * ```
 */
export function fileRecordStore(path: string): Store;
