import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { describe, expect, it } from 'vitest';
import { addressOf } from '../testing/addresses.ts';
import { createStateDatabase } from './database.ts';
import { createMemoryNodeSource } from './node-source.ts';
import { State } from './state.ts';
import { createTrieReader } from './trie-reader.ts';
import { TrieUpdater } from './update-tries.ts';

describe('state database', () => {
  it('serves the last results before they are stored, and the same roots with hardly any memory', () => {
    const roots = [2, 200_000].map((maxNodes) => {
      const source = createMemoryNodeSource();
      const database = createStateDatabase(source, { maxNodes });
      const waiting: ReturnType<TrieUpdater['commit']>[] = [];
      let root: Uint8Array = emptyTrieRoot;
      for (let block = 0; block < 40; block++) {
        const state = new State(createTrieReader(database, root));
        for (let index = 0; index < 20; index++) {
          const address = addressOf((block * 7 + index * 13) % 150);
          state.setBalance(address, state.balance(address) + BigInt(index + 1));
          state.setStorage(address, BigInt(index % 5), BigInt(block));
        }
        state.finalise(true);
        const committed = new TrieUpdater(database, root).commit(state);
        root = committed.root;
        waiting.push(committed);
        // Batches become durable five blocks later.
        if (waiting.length > 5) source.apply(waiting.shift()!.operations);
      }
      return root;
    });
    expect(roots[0]).toEqual(roots[1]);
  });
});
