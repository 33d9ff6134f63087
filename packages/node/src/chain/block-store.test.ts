import { createMemoryStore } from '@isoquorum/platform/memory/store';
import type { StoreOperation } from '@isoquorum/platform/store';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { describe, expect, it } from 'vitest';
import { testGenesisJson, testKey } from '../testing/genesis.ts';
import { createBlockStore } from './block-store.ts';
import type { ChainBlock } from './chain.ts';
import { createGenesisBlock } from './genesis-block.ts';

const genesis = createGenesisBlock(parseGenesis(testGenesisJson({ nodeKeys: [testKey('node 1')] }))).block;

const blockAt = (number: number, mark: number): ChainBlock => ({
  hash: new Uint8Array(32).fill(mark),
  block: { ...genesis, header: { ...genesis.header, number } },
});

describe('the canonical chain while batches are being written', () => {
  it('shows the latest change of a number until that one is durable, whatever becomes durable before it', async () => {
    const store = createMemoryStore();
    const blocks = createBlockStore({
      store,
      chainIdAt: () => undefined,
      genesisDifficulty: 1n,
      keepsDifficulty: false,
    });
    const hashAt = (number: number): string | undefined => {
      const hash = blocks.canonicalHash(number);
      return hash && bytesToBareHex(hash).slice(0, 2);
    };
    const [first, second, rival] = [blockAt(1, 0xaa), blockAt(2, 0xbb), blockAt(1, 0xcc)];
    const grow: StoreOperation[] = [];
    blocks.putCanonical(first, grow);
    blocks.putCanonical(second, grow);
    // A heavier branch may be shorter: number 2 is nobody's then.
    const turn: StoreOperation[] = [];
    blocks.deleteCanonical(second, turn);
    blocks.deleteCanonical(first, turn);
    blocks.putCanonical(rival, turn);
    expect([hashAt(1), hashAt(2)]).toEqual(['cc', undefined]);
    await store.batch(grow);
    blocks.settle([first, second]);
    expect([hashAt(1), hashAt(2)]).toEqual(['cc', undefined]);
    await store.batch(turn);
    blocks.settle([second, first, rival]);
    expect([hashAt(1), hashAt(2)]).toEqual(['cc', undefined]);
  });
});
