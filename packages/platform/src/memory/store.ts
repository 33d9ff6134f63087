import { bytesToHex, compareBytes } from '@isoquorum/primitives/hex';
import type { Store, StoreOperation, StoreRange } from '../store.ts';
import { storeClosed } from '../store-error.ts';

interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Keys of stores are short; longer ones than this would not fit a call's arguments. */
const shortKey = 1024;

/** A key as text: one character per byte, which is several times as fast as digits. */
function textOf(key: Uint8Array): string {
  return key.length <= shortKey ? String.fromCharCode.apply(null, key as unknown as number[]) : bytesToHex(key);
}

/** Keys in byte order, made again only when an iteration follows a change of the set of keys. */
class MemoryStore implements Store {
  private readonly entries = new Map<string, Entry>();
  private sorted: Entry[] | undefined;
  private isClosed = false;

  private checkOpen(): void {
    if (this.isClosed) storeClosed();
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    this.checkOpen();
    return this.entries.get(textOf(key))?.value;
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.getSync(key);
  }

  async batch(operations: readonly StoreOperation[]): Promise<void> {
    this.checkOpen();
    for (const operation of operations) {
      const name = textOf(operation.key);
      if (operation.type === 'put')
        this.entries.set(name, { key: operation.key.slice(), value: operation.value.slice() });
      else this.entries.delete(name);
    }
    this.sorted = undefined;
  }

  async *iterate(range: StoreRange): AsyncGenerator<readonly [Uint8Array, Uint8Array]> {
    this.checkOpen();
    this.sorted ??= [...this.entries.values()].sort((left, right) => compareBytes(left.key, right.key));
    const { gte, lt, reverse, limit } = range;
    const chosen = this.sorted.filter(
      (entry) =>
        (gte === undefined || compareBytes(entry.key, gte) >= 0) &&
        (lt === undefined || compareBytes(entry.key, lt) < 0),
    );
    if (reverse === true) chosen.reverse();
    for (const entry of chosen.slice(0, limit)) yield [entry.key, entry.value];
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

/** A store in memory, for tests, simulations and light parties. Durable as long as the process lives. */
export function createMemoryStore(): Store {
  return new MemoryStore();
}
