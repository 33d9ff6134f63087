import type { Hash32 } from '@isoquorum/primitives/bytes';

/**
 * A set of hashes that keeps the first eight bytes of each, by open addressing: 8 to 16 bytes a hash, so that a million fit in
 * 16 MB. Two hashes that agree in these bytes count as one: the caller then keeps an entry too many, never one too few.
 */
export class HashSet {
  private words: Uint32Array;
  private mask: number;
  private count = 0;

  constructor() {
    this.mask = (1 << 12) - 1;
    this.words = new Uint32Array(2 << 12);
  }

  get size(): number {
    return this.count;
  }

  private place(high: number, low: number): number {
    let index = high & this.mask;
    for (;;) {
      const first = this.words[2 * index] as number;
      const second = this.words[2 * index + 1] as number;
      if ((first === 0 && second === 0) || (first === high && second === low)) return index;
      index = (index + 1) & this.mask;
    }
  }

  private grow(): void {
    const old = this.words;
    this.words = new Uint32Array(old.length * 2);
    this.mask = old.length - 1;
    for (let index = 0; index < old.length; index += 2) {
      const high = old[index] as number;
      const low = old[index + 1] as number;
      if (high === 0 && low === 0) continue;
      const place = this.place(high, low);
      this.words[2 * place] = high;
      this.words[2 * place + 1] = low;
    }
  }

  /** Whether a hash is in the set. @param at where in `bytes` it begins */
  has(bytes: Uint8Array, at = 0): boolean {
    const high = word(bytes, at);
    const low = word(bytes, at + 4) || 1;
    return this.words[2 * this.place(high, low)] === high && this.words[2 * this.place(high, low) + 1] === low;
  }

  /** Adds a hash; answers false when it was there. */
  add(bytes: Hash32, at = 0): boolean {
    const high = word(bytes, at);
    // Never both zero, which stands for a free place.
    const low = word(bytes, at + 4) || 1;
    const index = this.place(high, low);
    if (this.words[2 * index + 1] === low && this.words[2 * index] === high) return false;
    this.words[2 * index] = high;
    this.words[2 * index + 1] = low;
    this.count++;
    if (this.count * 2 > this.mask) this.grow();
    return true;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}
