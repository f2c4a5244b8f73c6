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
