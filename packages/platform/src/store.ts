/** One write of an atomic batch. */
export type StoreOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'delete'; readonly key: Uint8Array };

/** A range of keys in byte order; bounds are optional. */
export interface StoreRange {
  readonly gte?: Uint8Array;
  readonly lt?: Uint8Array;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/**
 * Byte keys (at least one byte), byte values, ordered by key bytes (decision 6). `getSync` never waits: LevelDB reads its own cache and files,
 * memory looks up a map, a page looks in its mirror and throws `STORE_MISS` (reaction `RETRY`) when the key is not resident.
 * A batch is atomic, and durable once its promise resolves.
 */
export interface Store {
  get(key: Uint8Array): Promise<Uint8Array | undefined>;
  getSync(key: Uint8Array): Uint8Array | undefined;
  batch(operations: readonly StoreOperation[]): Promise<void>;
  iterate(range: StoreRange): AsyncIterable<readonly [key: Uint8Array, value: Uint8Array]>;
  close(): Promise<void>;
}
