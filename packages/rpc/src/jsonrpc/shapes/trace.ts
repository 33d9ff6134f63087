/** What `debug_traceTransaction` gives without a tracer's name: the steps in geth's form. */
export interface StructTraceJson {
  readonly gas: number;
  readonly failed: boolean;
  /** Hexadecimal without 0x. */
  readonly returnValue: string;
  readonly structLogs: readonly unknown[];
}

/** A trace: of steps, or whatever the named tracer makes. */
export type TraceJson = StructTraceJson | object | number;

/** One transaction of a traced block. */
export type BlockTraceEntryJson = { readonly result: TraceJson } | { readonly error: string };

/** What `debug_storageRangeAt` gives: slots by the hash of their key, and the hash at which the next range begins. */
export interface StorageRangeJson {
  readonly storage: Readonly<Record<string, { readonly key: string | null; readonly value: string }>>;
  readonly nextKey: string | null;
}
