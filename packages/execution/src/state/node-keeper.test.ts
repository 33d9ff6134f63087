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
