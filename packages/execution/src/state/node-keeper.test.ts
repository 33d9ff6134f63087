import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { describe, expect, it } from 'vitest';
import { Trie } from '../trie/trie.ts';
import { NodeKeeper } from './node-keeper.ts';

const key = (number: number): Uint8Array => keccak256(Uint8Array.of(number >> 8, number & 255));
const value = (number: number): Uint8Array => new Uint8Array(40).fill((number % 255) + 1);

describe('nodes in memory of a chain that only grows', () => {
  it('are those of the newest trie and of a few before it, and an older one is kept again when it is committed again', () => {
    const keeper = new NodeKeeper(400);
    const roots: Uint8Array[] = [];
    let node = new Trie(undefined, undefined, keeper).rootNode;
    const commit = (number: number): void => {
      const trie = new Trie(undefined, node, keeper);
      trie.put(key(number), value(number));
      let added = 0;
      const root = trie.commit(() => void added++);
      keeper.epoch++;
      keeper.keep(root, trie, added, roots.at(-1) ?? root);
      roots.push(root);
      node = trie.rootNode;
    };
    for (let number = 0; number < 100; number++) commit(number);
    const found = roots.map((root) => keeper.find(root) !== undefined);
    expect(found.lastIndexOf(false)).toBeGreaterThan(70);
    expect(found.slice(-4)).toEqual([true, true, true, true]);
    // The root before the last comes again, as after a block beside the head: it is nobody's ancestor then.
    const again = roots.at(-2) as Uint8Array;
    const trie = new Trie(undefined, keeper.find(again), keeper);
    keeper.keep(again, trie, 0, roots.at(-1) as Uint8Array);
    roots.push(again);
    for (let number = 200; number < 203; number++) commit(number);
    expect(keeper.find(again)).toBeDefined();
  });
});

describe('nodes in memory within a bound', () => {
  it('stay when they are used, and about half of the bound is left whenever there were too many', () => {
    const max = 1_000;
    const keeper = new NodeKeeper(max);
    const stored = new Map<string, Uint8Array>();
    let reads = 0;
    const read = (hash: Uint8Array): Uint8Array | undefined => {
      reads++;
      keeper.noteRead();
      return stored.get(bytesToHex(hash));
    };
    let root: Uint8Array = emptyTrieRoot;
    let before = 0;
    const left: number[] = [];
    for (let block = 0; block < 200; block++) {
      const trie = new Trie(read, keeper.find(root) ?? root, keeper);
      // One key of every block, and 20 others of it alone.
      trie.put(key(0), value(block));
      for (let number = 1; number <= 20; number++) trie.put(key(20 * block + number), value(number));
      let added = 0;
      const parent = root;
      root = trie.commit((hash, encoded) => {
        added++;
        stored.set(bytesToHex(hash), encoded);
      });
      keeper.epoch++;
      keeper.keep(root, trie, added, parent);
      expect(keeper.size).toBeLessThanOrEqual(max);
      if (keeper.size < before) left.push(keeper.size);
      before = keeper.size;
    }
    expect(left.length).toBeGreaterThan(5);
    for (const size of left.slice(2)) {
      expect(size).toBeGreaterThan(max / 5);
      expect(size).toBeLessThanOrEqual(0.8 * max);
    }
    reads = 0;
    expect(new Trie(read, keeper.find(root), keeper).get(key(0))).toEqual(value(199));
    expect(reads).toBe(0);
  });

  it('are told of once when they go, however many versions of a trie share them', () => {
    let told = 0;
    const keeper = new NodeKeeper(1_200, () => void told++);
    let node = new Trie(undefined, undefined, keeper).rootNode;
    let root: Uint8Array = emptyTrieRoot;
    let branches = 0;
    for (let block = 0; block < 60; block++) {
      const trie = new Trie(undefined, node, keeper);
      // Much in the first block that nobody uses again, then one key in each.
      for (let number = 0; number < (block === 0 ? 800 : 1); number++) trie.put(key(number), value(number + block));
      const parent = root;
      let added = 0;
      root = trie.commit((_, encoded) => {
        added++;
        if (encoded.length > 100) branches++;
      });
      keeper.epoch++;
      keeper.keep(root, trie, added, parent);
      node = trie.rootNode;
    }
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThanOrEqual(branches);
  });
});
