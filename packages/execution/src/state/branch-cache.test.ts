import { keccak256 } from '@isoquorum/primitives/keccak';
import { describe, expect, it } from 'vitest';
import { BranchCache } from './branch-cache.ts';

/** An RLP of 40 to 531 bytes, and its hash. */
function branchOf(number: number): { readonly hash: Uint8Array; readonly encoded: Uint8Array } {
  const encoded = new Uint8Array(40 + ((number * 37) % 492)).fill(number & 255);
  new DataView(encoded.buffer).setUint32(0, number);
  return { hash: keccak256(encoded), encoded };
}

describe('branches that were let go', () => {
  it('are answered as they were or not at all, the newest always, when many have been written over', () => {
    const cache = new BranchCache(64 * 1024);
    expect(cache.get(branchOf(0).hash)).toBeUndefined();
    let found = 0;
    for (let number = 0; number < 5_000; number++) {
      const { hash, encoded } = branchOf(number);
      cache.put(hash, encoded);
      cache.put(hash, encoded);
      expect(cache.get(hash)).toEqual(encoded);
      const other = branchOf(Math.max(0, number - (number % 400)));
      const answer = cache.get(other.hash);
      if (answer === undefined) continue;
      found++;
      expect(answer).toEqual(other.encoded);
    }
    // 64 KiB hold some 200 of them: those up to 200 back are found, those beyond are not.
    expect(found).toBeGreaterThan(2_000);
    expect(found).toBeLessThan(3_500);
  });

  it('are told apart by the whole hash, and five that begin alike leave four', () => {
    const cache = new BranchCache(64 * 1024);
    const hashes = Array.from({ length: 5 }, (_, index) => new Uint8Array(32).fill(7, 0, 31).fill(index, 31));
    for (const [index, hash] of hashes.entries()) cache.put(hash, branchOf(index).encoded);
    expect(hashes.map((hash) => cache.get(hash) !== undefined)).toEqual([false, true, true, true, true]);
    expect(cache.get(hashes[3] as Uint8Array)).toEqual(branchOf(3).encoded);
  });

  it('are left out when they do not fit', () => {
    const cache = new BranchCache(64);
    const { hash, encoded } = branchOf(1);
    cache.put(hash, encoded);
    expect(cache.get(hash)).toBeUndefined();
  });

  it('never come back changed when what is written over them looks like a record', () => {
    const cache = new BranchCache(4_096);
    const { hash, encoded } = branchOf(3);
    cache.put(hash, encoded);
    // Whoever chooses what is stored could place a hash where the record was; its place in the row says that it is gone.
    const forged = new Uint8Array(500);
    for (let offset = 0; offset + 34 < forged.length; offset += 34) forged.set(hash, offset);
    for (let number = 0; number < 40; number++) cache.put(branchOf(100 + number).hash, forged);
    expect(cache.get(hash)).toBeUndefined();
  });
});
