import type { Store } from '@isoquorum/platform/store';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { blockHash } from '@isoquorum/primitives/block';
import { beforeEach, describe, expect, it } from 'vitest';
import { testKey } from '../testing/genesis.ts';
import { createTestChain, type TestChain } from '../testing/test-chain.ts';

let test: TestChain;

beforeEach(async () => {
  test = await createTestChain({ validators: 4 });
});

const codeOf = async (act: () => Promise<unknown>): Promise<string> => {
  try {
    await act();
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('what is refused', () => {
  it('a header with fewer seals than the quorum', async () => {
    const block = await test.makeBlock([]);
    const weak = test.seal(block, [testKey('node 1'), testKey('node 2')]);
    expect(await codeOf(() => test.importer.import(weak))).toBe('SEALS_BELOW_QUORUM');
  });

  it('the same seal twice', async () => {
    const keys = ['node 1', 'node 2', 'node 2'].map(testKey);
    const block = test.seal(await test.makeBlock([]), keys);
    expect(await codeOf(() => test.importer.import(block))).toBe('SEAL_DUPLICATE');
  });

  it('a seal by a stranger', async () => {
    const keys = ['node 1', 'node 2', 'node 9'].map(testKey);
    const block = test.seal(await test.makeBlock([]), keys);
    expect(await codeOf(() => test.importer.import(block))).toBe('SEAL_BY_STRANGER');
  });

  it('another body under a header that was executed', async () => {
    const block = await test.makeBlock([test.transfer(0, 0)]);
    await test.importer.verify(block);
    const swapped = { ...block, transactions: [test.transfer(1, 0)] };
    expect(await codeOf(() => test.importer.import(swapped))).toBe('BLOCK_INVALID');
    const outcome = await test.importer.import(block);
    expect(outcome.type).toBe('imported');
  });

  it('a block whose parent is not there', async () => {
    const first = await test.makeBlock([]);
    const other = await createTestChain({ validators: 4 });
    await other.addBlock();
    const second = await other.makeBlock([]);
    void first;
    expect(await codeOf(() => test.importer.import(second))).toBe('UNKNOWN_ANCESTOR');
  });

  it('a second final block at one height', async () => {
    const genesis = test.chain.tip();
    const other = await test.makeBlock([], genesis, 5n);
    await test.addBlock();
    expect(await codeOf(() => test.importer.import(other))).toBe('CHAIN_CONFLICT');
  });

  it('a block from the future', async () => {
    const block = await test.makeBlock([], test.chain.tip(), 20_000n);
    expect(await codeOf(() => test.importer.import(block))).toBe('BLOCK_IN_FUTURE');
  });
});

describe('what is kept', () => {
  it('a block is executed once: built, verified, imported', async () => {
    const block = await test.makeBlock([test.transfer(0, 0)]);
    await test.importer.verify(block);
    const outcome = await test.importer.import(block);
    if (outcome.type === 'imported') await outcome.durable;
    expect(test.executor.executions).toBe(0);
    expect(test.chain.reader.head().hash).toEqual(blockHash(block));
    expect((await test.importer.import(block)).type).toBe('known');
  });

  it('a failed write is told, and nothing is shown as head', async () => {
    const memory = createMemoryStore();
    let isFull = false;
    const store: Store = {
      get: (key) => memory.get(key),
      getSync: (key) => memory.getSync(key),
      iterate: (range) => memory.iterate(range),
      close: () => memory.close(),
      batch: (operations) => (isFull ? Promise.reject(new Error('full')) : memory.batch(operations)),
    };
    const other = await createTestChain({ store });
    await other.addBlock();
    isFull = true;
    await expect(other.addBlock()).rejects.toThrow('full');
    expect(other.writeFailures.length).toBe(1);
    expect(other.chain.reader.headNumber()).toBe(1);
  });
});
