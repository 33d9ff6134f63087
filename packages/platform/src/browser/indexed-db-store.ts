import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Store, StoreOperation, StoreRange } from '../store.ts';
import { storeClosed, storeFailed, storeMiss } from '../store-error.ts';
import { type Mirror, createMirror } from './mirror.ts';

interface Schema extends DBSchema {
  entries: { key: Uint8Array<ArrayBuffer>; value: Uint8Array };
}

type Database = IDBPDatabase<Schema>;

export interface IndexedDbStoreOptions {
  /** Most bytes of keys and values that are kept in memory; 64 MiB unless told. */
  readonly mirrorBytesMax?: number;
  /** `strict` waits until the system has written to disk; `relaxed` (unless told) survives the page, not a power cut. */
  readonly durability?: 'strict' | 'relaxed';
}

/** Entries that one request reads. */
const pageSize = 1024;

/** Structured cloning copies the whole buffer behind a view, so a view is cut out first. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.slice();
}

function toKeyRange(
  gte: Uint8Array | undefined,
  lt: Uint8Array | undefined,
  isOpenBelow = false,
): IDBKeyRange | undefined {
  if (gte !== undefined && lt !== undefined) return IDBKeyRange.bound(own(gte), own(lt), isOpenBelow, true);
  if (gte !== undefined) return IDBKeyRange.lowerBound(own(gte), isOpenBelow);
  return lt === undefined ? undefined : IDBKeyRange.upperBound(own(lt), true);
}

/** IndexedDB gives keys as ArrayBuffer. */
function keyBytes(key: unknown): Uint8Array {
  return key instanceof ArrayBuffer ? new Uint8Array(key) : (key as Uint8Array);
}

class IndexedDbStore implements Store {
  private readonly database: Database;
  private readonly name: string;
  private readonly mirror: Mirror;
  private readonly durability: 'strict' | 'relaxed';
  private isClosed = false;

  constructor(database: Database, name: string, mirror: Mirror, durability: 'strict' | 'relaxed') {
    this.database = database;
    this.name = name;
    this.mirror = mirror;
    this.durability = durability;
  }

  /** Called when the browser closes the database (data deleted by the user, or another tab upgrades it). */
  lose(): void {
    this.isClosed = true;
  }

  private fail(cause: unknown): never {
    if (this.isClosed) storeClosed();
    return storeFailed('STORE_FAILED', this.name, cause);
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    if (this.isClosed) storeClosed();
    const found = this.mirror.get(bytesToBareHex(key));
    return found === 'unknown' ? storeMiss(key) : found;
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.isClosed) storeClosed();
    const name = bytesToBareHex(key);
    const found = this.mirror.get(name);
    if (found !== 'unknown') return found;
    const before = this.mirror.generation;
    try {
      const value = await this.database.get('entries', own(key));
      // A batch in between may have written this key: then what was read here is old and must not be kept.
      if (this.mirror.generation === before) this.mirror.set(name, value);
      else return await this.get(key);
      return value;
    } catch (cause) {
      return this.fail(cause);
    }
  }

  async batch(operations: readonly StoreOperation[]): Promise<void> {
    if (this.isClosed) storeClosed();
    if (operations.length === 0) return;
    const last = new Map<string, StoreOperation>();
    for (const operation of operations) last.set(bytesToBareHex(operation.key), operation);
    const copies = [...last].map(([name, operation]) => ({
      name,
      key: own(operation.key),
      value: operation.type === 'put' ? own(operation.value) : undefined,
    }));
    try {
      const transaction = this.database.transaction('entries', 'readwrite', { durability: this.durability });
      for (const { key, value } of copies) {
        // Failures of single requests abort the transaction, which `done` reports.
        const request = value === undefined ? transaction.store.delete(key) : transaction.store.put(value, key);
        request.catch(() => {});
      }
      transaction.commit();
      await transaction.done;
    } catch (cause) {
      this.fail(cause);
    }
    this.mirror.generation++;
    for (const { name, value } of copies) this.mirror.set(name, value);
  }

  async *iterate(range: StoreRange): AsyncGenerator<readonly [Uint8Array, Uint8Array]> {
    let left = range.limit ?? Number.POSITIVE_INFINITY;
    let { gte, lt } = range;
    if (this.isClosed) storeClosed();
    if (gte !== undefined && lt !== undefined && bytesToBareHex(gte) >= bytesToBareHex(lt)) return;
    let isOpenBelow = false;
    while (left > 0) {
      const page = await this.readPage(
        toKeyRange(gte, lt, isOpenBelow),
        range.reverse === true,
        Math.min(left, pageSize),
      );
      yield* page;
      const final = page.at(-1);
      if (final === undefined || page.length < pageSize) return;
      left -= page.length;
      if (range.reverse === true) lt = final[0];
      else [gte, isOpenBelow] = [final[0], true];
      if (gte !== undefined && lt !== undefined && bytesToBareHex(gte) >= bytesToBareHex(lt)) return;
    }
  }

  private async readPage(
    range: IDBKeyRange | undefined,
    isReverse: boolean,
    limit: number,
  ): Promise<(readonly [Uint8Array, Uint8Array])[]> {
    if (this.isClosed) storeClosed();
    try {
      const { store } = this.database.transaction('entries', 'readonly');
      if (!isReverse) {
        const [keys, values] = await Promise.all([store.getAllKeys(range, limit), store.getAll(range, limit)]);
        return keys.map((key, index) => [keyBytes(key), values[index] as Uint8Array] as const);
      }
      const page: (readonly [Uint8Array, Uint8Array])[] = [];
      for (
        let cursor = await store.openCursor(range, 'prev');
        cursor && page.length < limit;
        cursor = await cursor.continue()
      )
        page.push([keyBytes(cursor.key), cursor.value]);
      return page;
    } catch (cause) {
      return this.fail(cause);
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.database.close();
  }
}

/** Loads entries in order of keys until all are there or the bound is reached. */
async function fillMirror(database: Database, mirror: Mirror): Promise<void> {
  let after: Uint8Array | undefined;
  for (;;) {
    const { store } = database.transaction('entries', 'readonly');
    const range = toKeyRange(after, undefined, true);
    const [keys, values] = await Promise.all([store.getAllKeys(range, pageSize), store.getAll(range, pageSize)]);
    for (const [index, key] of keys.entries()) {
      const value = values[index] as Uint8Array;
      if (!mirror.hasRoomFor(keyBytes(key), value)) {
        mirror.isComplete = false;
        return;
      }
      mirror.set(bytesToBareHex(keyBytes(key)), value);
    }
    const final = keys.at(-1);
    if (final === undefined || keys.length < pageSize) return;
    after = keyBytes(final);
  }
}

/**
 * A store in the browser's IndexedDB database `name`, for pages and workers, with a bounded mirror in memory for `getSync`.
 * While everything fits, `getSync` never misses; beyond that it throws STORE_MISS for keys that are not resident, and `get`
 * makes them so. Iteration reads page by page: what is written meanwhile may or may not be seen.
 * @throws STORE_OPEN_FAILED
 */
export async function openIndexedDbStore(name: string, options: IndexedDbStoreOptions = {}): Promise<Store> {
  let opened: IndexedDbStore | undefined;
  try {
    const database: Database = await openDB<Schema>(name, 1, {
      upgrade: (fresh) => void fresh.createObjectStore('entries'),
      blocking: (_current, _blocked, event) => {
        opened?.lose();
        (event.target as IDBDatabase).close();
      },
      terminated: () => opened?.lose(),
    });
    const mirror = createMirror(options.mirrorBytesMax ?? 64 * 1024 * 1024);
    await fillMirror(database, mirror);
    opened = new IndexedDbStore(database, name, mirror, options.durability ?? 'relaxed');
    return opened;
  } catch (cause) {
    return storeFailed('STORE_OPEN_FAILED', name, cause);
  }
}
