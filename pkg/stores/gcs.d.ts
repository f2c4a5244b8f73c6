import type { SessionOptions } from "../index.js";
import type { Store } from "./index.js";

export type { Store, StoredRecord } from "./index.js";

/**
 * A store whose records are objects of a bucket of Cloud Storage, over a session of its own. A record's version is its object's generation,
 * and writes have the precondition `ifGenerationMatch`.
 *
 * Nothing is sent before the first call. The credential needs the role Storage Object User (`roles/storage.objectUser`) on the bucket.
 *
 * - Times are Cloud Storage's, in whole seconds: an age is right to within one second.
 * - Cloud Storage takes about one write a second of each object. A write that is one too many is sent again after a while, as `retry` says.
 * - Reads are sent again as a session does. A write whose answer is lost is not: it rejects with `store_unavailable`, and whether it took place
 *   is for the caller to read. Where the runtime's fetch itself sends a request again, a `"conflict"` may be one's own write.
 * - A key is the name of its object, after `prefix`. Values are stored as they are, as `application/json`.
 *
 * @throws {AuthError} `invalid_option` and others of `createSession`, at once. Calls reject with `store_refused`, `store_unavailable`, `timeout`, or
 * what a session's calls reject with.
 * @example
 * const store = gcsStore({ bucket: "my-tokens", prefix: "users/" });
 * const record = await store.read("ada@example.com");
 * const value = new TextEncoder().encode(JSON.stringify({ type: "authorized_user" }));
 * if ((await store.write("ada@example.com", value, record?.version ?? null)) === "conflict") console.log("somebody was faster");
 */
export function gcsStore(options: GcsStoreOptions): GcsStore;

/** A {@link Store} in a bucket. Made by {@link gcsStore}. */
export interface GcsStore extends Store {
  /**
   * Deletes a record, if what is there has not changed since it was read.
   *
   * @example
   * const store = gcsStore({ bucket: "my-tokens" });
   * const record = await store.read("ada@example.com");
   * if (record) await store.delete("ada@example.com", record.version);
   */
  delete(key: string, expected: string): Promise<true | "conflict">;
}

/** A session's options, for its credential and its connections, and what is the store's. */
export interface GcsStoreOptions extends Omit<SessionOptions, "audience" | "joinUrl" | "timeout" | "retry"> {
  /**
   * The bucket's name.
   *
   * @example
   * gcsStore({ bucket: "my-tokens" });
   */
  bucket: string;
  /**
   * What the names of all objects begin with; a slash at its end makes it look like a folder. Default: none.
   *
   * @example
   * gcsStore({ bucket: "my-tokens", prefix: "users/" });
   */
  prefix?: string | undefined;
  /**
   * The origin of the API, for another way to Cloud Storage. Default: `endpoints` or `CLOUD_RUN_AUTH_EMULATOR` if there is one, else
   * `https://storage.googleapis.com`, or that of the `universeDomain`.
   *
   * @example
   * gcsStore({ bucket: "my-tokens", apiEndpoint: "https://storage-vpc.p.googleapis.com" });
   */
  apiEndpoint?: string | URL | undefined;
  /**
   * Of the access token. Default: `https://www.googleapis.com/auth/devstorage.read_write`. A user's credential file has those that its user
   * consented to; gcloud's own has `https://www.googleapis.com/auth/cloud-platform`.
   *
   * @example
   * gcsStore({ bucket: "my-tokens", scopes: ["https://www.googleapis.com/auth/cloud-platform"] });
   */
  scopes?: string[] | undefined;
  /**
   * Milliseconds for one read or write, with all that is sent again; false: without end. Default: 30,000.
   *
   * @example
   * gcsStore({ bucket: "my-tokens", timeout: 5_000 });
   */
  timeout?: number | false | undefined;
  /**
   * How reads that failed are sent again, and writes of an object that is written too often. Default: a session's for reads; 5 attempts and a
   * `delay` of 1,000 for writes.
   *
   * @example
   * gcsStore({ bucket: "my-tokens", retry: { attempts: 10, delay: 500 } });
   */
  retry?: { attempts?: number | undefined; delay?: number | undefined; maxDelay?: number | undefined } | false | undefined;
}

/**
 * Reads the name of an object in its two forms, `gs://bucket/path` and `bucket:path`. Undefined for any other text, such as a file's path.
 *
 * @throws {AuthError} `invalid_option` where it has one of the two forms, and names no object.
 * @example
 * const location = parseGcsLocation("gs://my-tokens/users/ada.json");
 * if (location) await gcsStore({ bucket: location.bucket }).read(location.object);
 */
export function parseGcsLocation(text: string): { bucket: string; object: string } | undefined;
