/**
 * Where records are kept that many processes share: each has a version, and a write names the version that it replaces. Two keys
 * are never one record.
 */
export interface Store {
  /**
   * The record of a key, or null where there is none.
   *
   * @param key 1 to 512 characters, none of them a control character.
   */
  read(key: string): Promise<StoredRecord | null>;
  /**
   * Writes a record, if what is there has not changed since it was read; `"conflict"` where it has, and nothing is written.
   *
   * Rejects where it is not known whether the record was written, because the answer was lost. Read it again then.
   *
   * @param value At most 65,536 bytes.
   * @param expected The version that is replaced; null where there must be none.
   */
  write(key: string, value: Uint8Array, expected: string | null): Promise<{ version: string } | "conflict">;
}

/** What a {@link Store} says of a record. The two times are the store's own, in milliseconds, so that their difference is the record's age. */
export interface StoredRecord {
  value: Uint8Array;
  /** Which record of the key it is. No two records of one key ever have the same, also where one was deleted between them. */
  version: string;
  /** When it was written. */
  writtenAt: number;
  /** When it was read. */
  serverNow: number;
}
