/** A record of a store, and both times by the store's own clock, in milliseconds. */
export interface StoreRecord {
  value: Uint8Array;
  /** Opaque; the same key never has it again, whatever it holds. */
  version: string;
  writtenAt: number;
  serverNow: number;
}

/** Where records are kept that are written only by whoever knows what they held before. */
export interface Store {
  /** The record of that name, or null where there is none. */
  read(key: string): Promise<StoreRecord | null>;
  /**
   * Writes, if the record still has the expected version; null: if there is none. An error says nothing on whether it was written: read it
   * back.
   */
  write(key: string, value: Uint8Array, expected: string | null): Promise<{ version: string } | "conflict">;
}
