/** Cost of one entry beside its bytes: map slot, key text, typed array. An estimate. */
const entryOverhead = 160;

/** Values of some keys of a larger store; the least recently used go first. Keys are bare hex text. */
export interface Mirror {
  /** True while every key of the store is here, so that absence is certain. */
  isComplete: boolean;
  /** Counts batches, so that a read that overlapped one is not kept. */
  generation: number;
  /** The value, `undefined` when certainly absent, or `'unknown'`. */
  get(key: string): Uint8Array | undefined | 'unknown';
  /** Remembers a value, or that the key is absent. */
  set(key: string, value: Uint8Array | undefined): void;
  hasRoomFor(key: Uint8Array, value: Uint8Array): boolean;
}

class BoundedMirror implements Mirror {
  isComplete = true;
  generation = 0;
  private readonly entries = new Map<string, Uint8Array | undefined>();
  private readonly bytesMax: number;
  private bytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  get(key: string): Uint8Array | undefined | 'unknown' {
    const value = this.entries.get(key);
    if (value !== undefined) {
      if (!this.isComplete) {
        // Order in the map is order of use; it matters only when something must go.
        this.entries.delete(key);
        this.entries.set(key, value);
      }
      return value;
    }
    return this.isComplete || this.entries.has(key) ? undefined : 'unknown';
  }

  private forget(key: string): void {
    if (!this.entries.has(key)) return;
    this.bytes -= this.cost(key, this.entries.get(key));
    this.entries.delete(key);
  }

  private cost(key: string, value: Uint8Array | undefined): number {
    return entryOverhead + key.length + (value?.length ?? 0);
  }

  hasRoomFor(key: Uint8Array, value: Uint8Array): boolean {
    return this.bytes + entryOverhead + 2 * key.length + value.length <= this.bytesMax;
  }

  set(key: string, value: Uint8Array | undefined): void {
    this.forget(key);
    if (value === undefined && this.isComplete) return;
    this.entries.set(key, value);
    this.bytes += this.cost(key, value);
    while (this.bytes > this.bytesMax && this.entries.size > 1) {
      const [oldest] = this.entries.keys();
      if (oldest === undefined) return;
      this.forget(oldest);
      this.isComplete = false;
    }
  }
}

export function createMirror(bytesMax: number): Mirror {
  return new BoundedMirror(bytesMax);
}
