import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { changedLeaves } from './changed-leaves.ts';
import { Trie } from './trie.ts';

const runs = Number(process.env['FUZZ_RUNS'] ?? 300);

interface Stored {
  readonly root: Uint8Array;
  readonly entries: ReadonlyMap<string, Uint8Array>;
}

it('changed leaves are those whose value is new or another, in order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(60), fc.nat(3)), { maxLength: 60 }),
      fc.array(fc.tuple(fc.nat(60), fc.nat(3)), { maxLength: 20 }),
      (first, changes) => {
        const nodes = new Map<string, Uint8Array>();
        const read = (hash: Uint8Array): Uint8Array | undefined => nodes.get(bytesToBareHex(hash));
        const store = (from: Stored | undefined, list: readonly (readonly [number, number])[]): Stored => {
          const trie = from === undefined ? new Trie(read) : new Trie(read, from.root);
          const entries = new Map(from?.entries);
          for (const [key, value] of list) {
            const hashed = keccak256(Uint8Array.of(key));
            // 0 deletes; values are long, so that nodes have hashes.
            if (value === 0) {
              trie.delete(hashed);
              entries.delete(bytesToBareHex(hashed));
            } else {
              const bytes = new Uint8Array(40).fill(value);
              trie.put(hashed, bytes);
              entries.set(bytesToBareHex(hashed), bytes);
            }
          }
          const root = trie.commit((hash, encoded) => nodes.set(bytesToBareHex(hash), encoded.slice()));
          return { root, entries };
        };
        const before = store(undefined, first);
        const after = store(entriesOrUndefined(before), changes);
        const expected = [...after.entries]
          .filter(([key, value]) => before.entries.get(key)?.[0] !== value[0])
          .map(([key]) => key)
          .toSorted();
        const found = [...changedLeaves(read, before.root, after.root)].filter((key) => key !== undefined);
        expect(found.map((key) => bytesToBareHex(key))).toEqual(expected);
      },
    ),
    { numRuns: runs },
  );
});

function entriesOrUndefined(stored: Stored): Stored | undefined {
  return stored.entries.size === 0 ? undefined : stored;
}
