import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { createTestChain } from '../testing/test-chain.ts';
import { openPrivateStore, type PrivateBlock } from './private-store.ts';

const root = (fill: number): Uint8Array => keccak256(Uint8Array.of(fill));
const digest = new Uint8Array(64).fill(9);
const chain = createTestChain();

function block(number: number): PrivateBlock {
  const header = { ...chain.genesisHeader, number };
  return { header, parentHash: header.parentHash, parentRoot: root(0), author: new Uint8Array(20), transactions: [] };
}

describe('private store', () => {
  it('finds roots between the blocks that changed them, also after a restart', async () => {
    const store = createMemoryStore();
    const first = await openPrivateStore(store);
    for (const number of [3, 7, 9]) await store.batch(first.keep(block(number)));
    await store.batch(first.execute(3, { root: root(3), extraRoot: emptyTrieRoot }, []));
    await store.batch(first.execute(7, { root: root(7), extraRoot: emptyTrieRoot }, [digest]));
    const again = await openPrivateStore(store);
    expect(again.executed()).toBe(7);
    expect([2, 3, 6, 7, 100].map((number) => again.rootAt(number))).toEqual([
      emptyTrieRoot,
      root(3),
      root(3),
      root(7),
      root(7),
    ]);
    expect(again.next(again.executed())).toBe(9);
    expect(again.next(9)).toBeUndefined();
    expect(await again.strangeIn(digest)).toBe(7);
    expect((await again.read(9)).header.number).toBe(9);
  });

  it('goes back to before a block', async () => {
    const store = createMemoryStore();
    const privateStore = await openPrivateStore(store);
    for (const number of [3, 7, 9]) {
      await store.batch(privateStore.keep(block(number)));
      await store.batch(privateStore.execute(number, { root: root(number), extraRoot: emptyTrieRoot }, []));
    }
    await store.batch(privateStore.rewind(7));
    const again = await openPrivateStore(store);
    for (const opened of [privateStore, again]) {
      expect(opened.executed()).toBe(3);
      expect(opened.rootAt(20)).toEqual(root(3));
      expect(opened.next(3)).toBe(7);
    }
  });
});
