import type { Hash32 } from '@isoquorum/primitives/bytes';

const hashLength = 32;
/** A record: hash, length of the RLP (2 bytes), RLP. */
const headerLength = hashLength + 2;
/** Places that a hash may be noted in. */
const ways = 4;
/** A branch with sixteen hashes has 532 bytes, one with a value (which no state has) more. */
const longest = 0xffff;

/**
 * RLP of branches that were let go, by hash, in one array of fixed size: a twentieth of what they take when decoded, nothing for the
 * garbage collector, and many times faster than a look-up on disk. A ring: the oldest are written over.
 */
export class BranchCache {
  private readonly capacity: number;
  private ring: Uint8Array | undefined;
  /** Where in the endless row of records one begins, plus one; 0: free. */
  private places = new Float64Array(0);
  /** Where the next record begins in that row. */
  private next = 0;

  /** @param capacity bytes; taken when the first branch comes */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  private open(): Uint8Array {
    // A typical record has some 200 bytes; twice as many places as that makes leave few without one.
    this.places = new Float64Array(1 << Math.max(4, 32 - Math.clz32(this.capacity / 100)));
    this.ring = new Uint8Array(this.capacity);
    return this.ring;
  }

  private firstPlace(hash: Hash32): number {
    const number = (hash[0] as number) | ((hash[1] as number) << 8) | ((hash[2] as number) << 16);
    return ((number | ((hash[3] as number) << 24)) & (this.places.length / ways - 1)) * ways;
  }

  /** Where in the ring the record of a hash begins, or -1. A record that was begun to be written over has lost its place. */
  private find(ring: Uint8Array, hash: Hash32, first: number): number {
    const oldest = this.next - this.capacity;
    for (let place = first; place < first + ways; place++) {
      const start = (this.places[place] as number) - 1;
      if (start < 0 || start < oldest) continue;
      const offset = start % this.capacity;
      let index = 0;
      while (index < hashLength && ring[offset + index] === hash[index]) index++;
      if (index === hashLength) return offset;
    }
    return -1;
  }

  /** The RLP under a hash (a copy), or `undefined`. */
  get(hash: Hash32): Uint8Array | undefined {
    const { ring } = this;
    if (ring === undefined) return undefined;
    const offset = this.find(ring, hash, this.firstPlace(hash));
    if (offset < 0) return undefined;
    const length = ((ring[offset + hashLength] as number) << 8) | (ring[offset + hashLength + 1] as number);
    return ring.slice(offset + headerLength, offset + headerLength + length);
  }

  /** Keeps a branch for a while. */
  put(hash: Hash32, encoded: Uint8Array): void {
    const size = headerLength + encoded.length;
    if (encoded.length > longest || size > this.capacity) return;
    const ring = this.ring ?? this.open();
    const first = this.firstPlace(hash);
    if (this.find(ring, hash, first) >= 0) return;
    let offset = this.next % this.capacity;
    if (offset + size > this.capacity) {
      // No record goes around the end.
      this.next += this.capacity - offset;
      offset = 0;
    }
    ring.set(hash, offset);
    ring[offset + hashLength] = encoded.length >> 8;
    ring[offset + hashLength + 1] = encoded.length & 0xff;
    ring.set(encoded, offset + headerLength);
    this.places[this.oldestPlace(first)] = this.next + 1;
    this.next += size;
  }

  private oldestPlace(first: number): number {
    let oldest = first;
    for (let place = first + 1; place < first + ways; place++)
      if ((this.places[place] as number) < (this.places[oldest] as number)) oldest = place;
    return oldest;
  }
}
