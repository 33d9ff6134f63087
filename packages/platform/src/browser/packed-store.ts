import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { createMemoryStore } from '../memory/store.ts';
import type { Store, StoreOperation, StoreRange } from '../store.ts';
import { storeClosed, storeFailed } from '../store-error.ts';

interface Schema extends DBSchema {
  /** Batches in order; each is one packed value. */
  batches: { key: number; value: Uint8Array };
}

/** Type 1, length of the key 4, length of the value 4; then key and value. */
const headerLength = 9;
const putType = 1;
const deleteType = 0;
/** The log is written anew at opening when it is so many times as long as what it comes to. */
const garbageMax = 2;
const compactedBytes = 1 << 20;

function pack(operations: readonly StoreOperation[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const operation of operations)
    length += headerLength + operation.key.length + (operation.type === 'put' ? operation.value.length : 0);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const operation of operations) {
    const { key } = operation;
    const valueLength = operation.type === 'put' ? operation.value.length : 0;
    bytes[offset] = operation.type === 'put' ? putType : deleteType;
    view.setUint32(offset + 1, key.length);
    view.setUint32(offset + 5, valueLength);
    bytes.set(key, offset + headerLength);
    if (operation.type === 'put') bytes.set(operation.value, offset + headerLength + key.length);
    offset += headerLength + key.length + valueLength;
  }
  return bytes;
}

function unpack(bytes: Uint8Array): StoreOperation[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const operations: StoreOperation[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const valueAt = offset + headerLength + view.getUint32(offset + 1);
    const end = valueAt + view.getUint32(offset + 5);
    const key = bytes.subarray(offset + headerLength, valueAt);
    if (bytes[offset] === putType) operations.push({ type: 'put', key, value: bytes.subarray(valueAt, end) });
    else operations.push({ type: 'delete', key });
    offset = end;
  }
  return operations;
}

class PackedStore implements Store {
  private readonly database: IDBPDatabase<Schema>;
  private readonly name: string;
  private readonly memory: Store;
  private isClosed = false;

  constructor(database: IDBPDatabase<Schema>, name: string, memory: Store) {
    this.database = database;
    this.name = name;
    this.memory = memory;
  }

  /** Called when the browser closes the database. */
  lose(): void {
    this.isClosed = true;
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    if (this.isClosed) storeClosed();
    return this.memory.getSync(key);
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.getSync(key);
  }

  async batch(operations: readonly StoreOperation[]): Promise<void> {
    if (this.isClosed) storeClosed();
    if (operations.length === 0) return;
    const bytes = pack(operations);
    try {
      await this.database.add('batches', bytes);
    } catch (cause) {
      if (this.isClosed) storeClosed();
      storeFailed('STORE_FAILED', this.name, cause);
    }
    await this.memory.batch(operations);
  }

  async *iterate(range: StoreRange): AsyncGenerator<readonly [Uint8Array, Uint8Array]> {
    if (this.isClosed) storeClosed();
    yield* this.memory.iterate(range);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.database.close();
  }
}

/** Puts the content of a store in place of the log that made it. */
async function compact(database: IDBPDatabase<Schema>, memory: Store): Promise<void> {
  const packed: Uint8Array[] = [];
  let operations: StoreOperation[] = [];
  let size = 0;
  for await (const [key, value] of memory.iterate({})) {
    operations.push({ type: 'put', key, value });
    size += key.length + value.length;
    if (size < compactedBytes) continue;
    packed.push(pack(operations));
    operations = [];
    size = 0;
  }
  if (operations.length > 0) packed.push(pack(operations));
  const transaction = database.transaction('batches', 'readwrite');
  void transaction.store.clear();
  for (const bytes of packed) void transaction.store.add(bytes);
  await transaction.done;
}

/**
 * A store in the browser's IndexedDB that writes each batch as one packed value: a request costs some 160 µs whatever its
 * size (spec/import-pipeline.md), so that an import, with thousands of small entries a block, is not bound by them. All entries are kept in memory and
 * read from there; opening reads the log. For stores that fit: `indexed-db-store.ts` is the one that need not.
 * @throws STORE_OPEN_FAILED
 */
export async function openPackedStore(name: string): Promise<Store> {
  let opened: PackedStore | undefined;
  try {
    const database = await openDB<Schema>(name, 1, {
      upgrade: (fresh) => void fresh.createObjectStore('batches', { autoIncrement: true }),
      blocking: (_current, _blocked, event) => {
        opened?.lose();
        (event.target as IDBDatabase).close();
      },
      terminated: () => opened?.lose(),
    });
    const memory = createMemoryStore();
    let logged = 0;
    for (const bytes of await database.getAll('batches')) {
      logged += bytes.length;
      await memory.batch(unpack(bytes));
    }
    let live = 0;
    for await (const [key, value] of memory.iterate({})) live += headerLength + key.length + value.length;
    if (logged > garbageMax * live + compactedBytes) await compact(database, memory);
    opened = new PackedStore(database, name, memory);
    return opened;
  } catch (cause) {
    return storeFailed('STORE_OPEN_FAILED', name, cause);
  }
}
