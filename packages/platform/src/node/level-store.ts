import { ClassicLevel } from 'classic-level';
import type { Store, StoreOperation, StoreRange } from '../store.ts';
import { storeClosed, storeFailed, storeLocked } from '../store-error.ts';
import { makeDirectory } from './make-directory.ts';

type Database = ClassicLevel<Uint8Array, Uint8Array>;

export interface LevelStoreOptions {
  /** LevelDB's block cache, bytes; 64 MiB unless told. */
  readonly cacheSizeBytes?: number;
  /**
   * LevelDB's memtable, bytes, of which there may be two; 16 MiB unless told. With its own 4 MiB a third of the processor time of a long
   * import went into compaction (docs/adr/015).
   */
  readonly writeBufferBytes?: number;
  /** False: batches survive a crash of the process, not of the machine. True (fsync) unless told. */
  readonly isSynced?: boolean;
}

interface LevelOperation {
  readonly type: 'put' | 'del';
  readonly key: Uint8Array;
  readonly value?: Uint8Array;
}

/**
 * `_batch` is what abstract-level's `batch` calls after copying each operation for hooks, prefixes and encodings that are
 * not used here; skipping it costs nothing in safety and saves nearly half (spec/import-pipeline.md: 4.5 against 8.0 µs per
 * transaction). The binding takes keys and values as bytes before it returns.
 */
interface BatchTarget {
  _batch(operations: readonly LevelOperation[], options: { readonly sync: boolean }): Promise<void>;
}

function toLevelOperation(operation: StoreOperation): LevelOperation {
  return operation.type === 'put' ? operation : { type: 'del', key: operation.key };
}

class LevelStore implements Store {
  private readonly database: Database;
  private readonly path: string;
  private readonly isSynced: boolean;

  constructor(database: Database, path: string, isSynced: boolean) {
    this.database = database;
    this.path = path;
    this.isSynced = isSynced;
  }

  private fail(cause: unknown): never {
    if (this.database.status !== 'open') storeClosed();
    return storeFailed('STORE_FAILED', this.path, cause);
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    try {
      return this.database.getSync(key);
    } catch (cause) {
      return this.fail(cause);
    }
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    try {
      return await this.database.get(key);
    } catch (cause) {
      return this.fail(cause);
    }
  }

  async batch(operations: readonly StoreOperation[]): Promise<void> {
    if (this.database.status !== 'open') storeClosed();
    if (operations.length === 0) return;
    try {
      const target = this.database as unknown as BatchTarget;
      await target._batch(operations.map(toLevelOperation), { sync: this.isSynced });
    } catch (cause) {
      this.fail(cause);
    }
  }

  async *iterate(range: StoreRange): AsyncGenerator<readonly [Uint8Array, Uint8Array]> {
    if (this.database.status !== 'open') storeClosed();
    try {
      yield* this.database.iterator({
        ...(range.gte === undefined ? {} : { gte: range.gte }),
        ...(range.lt === undefined ? {} : { lt: range.lt }),
        reverse: range.reverse ?? false,
        limit: range.limit ?? -1,
      });
    } catch (cause) {
      this.fail(cause);
    }
  }

  async close(): Promise<void> {
    await this.database.close();
  }
}

/** What classic-level says of a store whose lock file another opening holds. */
function isLocked(reason: unknown): boolean {
  return reason instanceof Error && 'code' in reason && reason.code === 'LEVEL_LOCKED';
}

/**
 * A LevelDB store in directory `path`, made when absent. One process at a time: LevelDB's lock file tells who came first.
 * @throws STORE_LOCKED, STORE_OPEN_FAILED
 */
export async function openLevelStore(path: string, options: LevelStoreOptions = {}): Promise<Store> {
  const database: Database = new ClassicLevel(path, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    cacheSize: options.cacheSizeBytes ?? 64 * 1024 * 1024,
    writeBufferSize: options.writeBufferBytes ?? 16 * 1024 * 1024,
  });
  try {
    // Or the library would, in a way that may never end.
    makeDirectory(path);
    await database.open();
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
    if (isLocked(reason)) storeLocked(path, reason);
    storeFailed('STORE_OPEN_FAILED', path, reason);
  }
  return new LevelStore(database, path, options.isSynced ?? true);
}
