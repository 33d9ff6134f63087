import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accountPrefix } from '@isoquorum/execution/state/flat/records';
import { createMemoryLogger } from '@isoquorum/platform/memory/logger';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { openLevelStore } from '@isoquorum/platform/node/level-store';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { blockHash } from '@isoquorum/primitives/block';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import type { Transaction } from '@isoquorum/primitives/transaction/transaction';
import { afterAll, describe, expect, it } from 'vitest';
import { createCliqueChain, privateCreation } from '../testing/clique-chain.ts';
import { createTestChain, type TestChain } from '../testing/test-chain.ts';
import { openWhole } from '../testing/whole-state.ts';
import { schemaKey } from './keys.ts';

/** Creates a contract that counts its calls in slot 0, keeps the block number in a slot of its own, and destroys itself when it is sent data. */
const counter = hexToBytes(
  '0x' +
    // Creation: CODECOPY 24 bytes behind these 12, RETURN.
    '6018600c60003960186000f3' +
    // CALLDATASIZE PUSH1 0x14 JUMPI; SLOAD(0)+1 → SSTORE(0); SSTORE(NUMBER, NUMBER); STOP; JUMPDEST CALLER SELFDESTRUCT
    '3660145760005460010160005543435500' +
    '000000' +
    '5b33ff00',
);

function calls(test: TestChain, number: number): Transaction[] {
  const nonce = 3 * number;
  const to = number % 2 === 0 ? undefined : contractOf(test, number - 1);
  const gas = { gasLimit: 200_000n, value: 0n };
  return [
    test.transfer(0, nonce, { ...gas, to, data: to === undefined ? counter : new Uint8Array(0) }),
    test.transfer(0, nonce + 1, { to: hexToBytes(`0x${number.toString(16).padStart(40, '0')}`) }),
    test.transfer(0, nonce + 2, { ...gas, to, data: number % 4 === 3 ? Uint8Array.of(1) : new Uint8Array(0) }),
  ];
}

function contractOf(test: TestChain, creationIndex: number): Uint8Array {
  const hash = test.chain.blocks.canonicalHash(creationIndex + 1)!;
  return test.chain.blocks.receipts(hash)![0]!.contractAddress!;
}

/** A store that remembers what was written, batch by batch. */
function recording(batches: (readonly StoreOperation[])[]): Store {
  const store = createMemoryStore();
  const write = store.batch.bind(store);
  return Object.assign(store, {
    batch(operations: readonly StoreOperation[]) {
      batches.push(operations);
      return write(operations);
    },
  });
}

async function replay(batches: readonly (readonly StoreOperation[])[]): Promise<Store> {
  const store = createMemoryStore();
  for (const batch of batches) await store.batch(batch);
  return store;
}

/** A store whose batch number `last` is never answered as durable: it was written, or it was not. */
function failing(last: number, isWritten: boolean): Store {
  const store = createMemoryStore();
  const write = store.batch.bind(store);
  let count = 0;
  return Object.assign(store, {
    async batch(operations: readonly StoreOperation[]) {
      if (++count < last) return write(operations);
      if (count === last && isWritten) await write(operations);
      throw new Error('the disk is gone');
    },
  });
}

const folders: string[] = [];
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'isoquorum-crash-'));
  folders.push(path);
  return path;
}
afterAll(() => {
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

const blocks = 9;

async function grow(test: TestChain, to: number): Promise<void> {
  for (let number = test.chain.reader.headNumber(); number < to; number++) await test.addBlock(calls(test, number));
}

async function expectedHashes(): Promise<string[]> {
  const test = await createTestChain();
  await grow(test, blocks);
  return Array.from({ length: blocks + 1 }, (_, number) => bytesToHex(test.chain.reader.hashByNumber(number)!));
}

describe('a crash', () => {
  it('between any two batches leaves the old head or the new one, whole, and the chain goes on to the same end', async () => {
    const hashes = await expectedHashes();
    const batches: (readonly StoreOperation[])[] = [];
    const test = await createTestChain({ store: recording(batches) });
    await grow(test, blocks);
    const heads = new Set<number>();
    for (let count = 1; count <= batches.length; count++) {
      const store = await replay(batches.slice(0, count));
      const { chain } = await openWhole(store, test.chain.reader.genesis);
      const number = chain.reader.headNumber();
      heads.add(number);
      expect(bytesToHex(chain.reader.head().hash)).toBe(hashes[number]);
      const again = await createTestChain({ store });
      await grow(again, blocks);
      expect(bytesToHex(again.chain.reader.head().hash)).toBe(hashes[blocks]);
    }
    expect(heads.size).toBe(blocks + 1);
  });

  it.each([false, true])(
    'in a batch (reached the disk: %s) stops the node, and the next start is whole',
    async (isWritten) => {
      const hashes = await expectedHashes();
      for (let last = 2; last <= blocks + 1; last++) {
        const store = failing(last, isWritten);
        const test = await createTestChain({ store });
        await expect(grow(test, blocks)).rejects.toThrow('the disk is gone');
        expect(test.writeFailures).toHaveLength(1);
        const { chain } = await openWhole(store, test.chain.reader.genesis);
        expect(chain.reader.headNumber()).toBe(isWritten ? last - 1 : last - 2);
        expect(bytesToHex(chain.reader.head().hash)).toBe(hashes[chain.reader.headNumber()]);
      }
    },
  );

  it('that tears a batch on the disk at any place leaves the old head or the new one', async () => {
    const hashes = await expectedHashes();
    const path = join(folder(), 'chain');
    const store = await openLevelStore(path);
    const test = await createTestChain({ store });
    await grow(test, 3);
    const logOf = (directory: string): string =>
      join(directory, readdirSync(directory).find((name) => name.endsWith('.log'))!);
    const before = statSync(logOf(path)).size;
    await grow(test, 4);
    const after = statSync(logOf(path)).size;
    await store.close();
    expect(after).toBeGreaterThan(before);
    const heads: number[] = [];
    const step = Math.max(1, Math.floor((after - before) / 40));
    for (let size = before; size <= after; size = size === after ? size + 1 : Math.min(size + step, after)) {
      const torn = join(folder(), 'chain');
      cpSync(path, torn, { recursive: true });
      truncateSync(logOf(torn), size);
      const reopened = await openLevelStore(torn);
      const { chain } = await openWhole(reopened, test.chain.reader.genesis);
      heads.push(chain.reader.headNumber());
      expect(bytesToHex(chain.reader.head().hash)).toBe(hashes[chain.reader.headNumber()]);
      await reopened.close();
    }
    expect(heads[0]).toBe(3);
    expect(heads.at(-1)).toBe(4);
    expect(new Set(heads)).toEqual(new Set([3, 4]));
  });

  it('in a reorganisation leaves the flat snapshot at the head, before and after', async () => {
    const maker = await createCliqueChain({ store: createMemoryStore() });
    const { genesis } = maker.chain.reader;
    const branch = async (signers: readonly number[], seed: number): Promise<Parameters<typeof maker.take>[0][]> => {
      const made: Parameters<typeof maker.take>[0][] = [];
      let parent = maker.genesis();
      for (const [index, signer] of signers.entries()) {
        const block = await maker.make(parent, signer, [privateCreation(0, index, Uint8Array.of(seed))]);
        await maker.take(block);
        parent = { hash: blockHash(block), block };
        made.push(block);
      }
      return made;
    };
    const light = await branch([2, 0, 1], 1);
    const heavy = await branch([1, 2], 2);
    await maker.close();
    const batches: (readonly StoreOperation[])[] = [];
    const node = await createCliqueChain({ store: recording(batches) });
    for (const block of [...light, ...heavy]) await node.take(block);
    expect(node.chain.reader.headNumber()).toBe(2);
    const nodeHead = node.chain.reader.head().hash;
    const nodeRoot = node.chain.reader.privateStateRoot(nodeHead, 'private');
    await node.close();
    for (let count = 1; count <= batches.length; count++) {
      const store = await replay(batches.slice(0, count));
      const opened = await openWhole(store, genesis);
      expect(opened.database.flat?.status.root).toEqual(opened.chain.tip().block.header.stateRoot);
      const { number, hash } = opened.chain.reader.privateHead('private');
      expect(opened.chain.reader.hashByNumber(number)).toEqual(hash);
      const again = await createCliqueChain({ store: Object.assign(store, { close: () => Promise.resolve() }) });
      for (const block of [...light, ...heavy]) await again.take(block);
      const head = again.chain.reader.head().hash;
      expect([head, again.chain.reader.privateStateRoot(head, 'private')]).toEqual([nodeHead, nodeRoot]);
      await again.close();
    }
    // The same with a restart before the branch that wins: what was replaced comes from the disk.
    const store = Object.assign(createMemoryStore(), { close: () => Promise.resolve() });
    const first = await createCliqueChain({ store });
    for (const block of light) await first.take(block);
    await first.close();
    const second = await createCliqueChain({ store });
    for (const block of heavy) await second.take(block);
    expect(second.chain.reader.headNumber()).toBe(2);
    await second.close();
    await openWhole(store, genesis);
  });
});

describe('a store without a flat snapshot', () => {
  it('of the earlier layout gets one in the background, while blocks come', async () => {
    const test = await createTestChain();
    await grow(test, 5);
    const old = createMemoryStore();
    for await (const [key, value] of test.store.iterate({}))
      if (key[0] !== accountPrefix) await old.batch([{ type: 'put', key, value }]);
    await old.batch([
      { type: 'delete', key: new TextEncoder().encode('m:flat') },
      { type: 'put', key: schemaKey, value: Uint8Array.of(0, 0, 0, 1) },
    ]);
    const logger = createMemoryLogger();
    await openWhole(old, test.chain.reader.genesis, { isMade: true, logger });
    expect(logger.lines.map(({ message }) => message)).toEqual([
      'Migrating the store',
      'Making the flat snapshot of the state',
      'The flat snapshot of the state is whole',
    ]);
    const again = await createTestChain({ store: old });
    await grow(again, blocks);
    await openWhole(old, test.chain.reader.genesis);
  });
});
