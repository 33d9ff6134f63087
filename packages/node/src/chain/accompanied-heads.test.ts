import { createMemoryStore } from '@isoquorum/platform/memory/store';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { type Block, blockHash } from '@isoquorum/primitives/block';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { expect, it } from 'vitest';
import { type CliqueChain, createCliqueChain, privateCreation } from '../testing/clique-chain.ts';
import { openWhole } from '../testing/whole-state.ts';
import { DEFAULT_PRIVATE_STATE as psi } from './chain.ts';

/** Creates a contract that keeps a value in slot 0. */
const keeps = (value: number): Uint8Array =>
  hexToBytes(`0x60${value.toString(16).padStart(2, '0')}600055600160005360016000f3`);

/** A store that remembers its batches, each of which is an fsync in LevelDB; while it is held none becomes durable. */
function createRecordingStore(): { store: Store; batches: (readonly StoreOperation[])[]; hold: () => () => void } {
  const batches: (readonly StoreOperation[])[] = [];
  const store = createMemoryStore();
  const write = store.batch.bind(store);
  let gate: Promise<void> = Promise.resolve();
  Object.assign(store, {
    // A test opens it again.
    close: () => Promise.resolve(),
    async batch(operations: readonly StoreOperation[]) {
      await gate;
      batches.push(operations);
      return write(operations);
    },
  });
  return {
    store,
    batches,
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
  };
}

/** So many blocks in turn; those with these numbers create a private contract. */
async function makeBlocks(count: number, withPrivate: readonly number[]): Promise<Block[]> {
  const maker = await createCliqueChain({ store: createMemoryStore() });
  const blocks: Block[] = [];
  let parent = maker.genesis();
  for (let number = 1; number <= count; number++) {
    const nonce = withPrivate.indexOf(number);
    const transactions = nonce < 0 ? [] : [privateCreation(0, nonce, keeps(number))];
    const block = await maker.make(parent, number % 3, transactions);
    await maker.take(block);
    parent = { hash: blockHash(block), block };
    blocks.push(block);
  }
  await maker.close();
  return blocks;
}

const heights = ({ chain }: Pick<CliqueChain, 'chain'>): [number, number] => [
  chain.reader.headNumber(),
  chain.privates.head(psi).number,
];
const rootsOf = ({ chain }: CliqueChain): string[] =>
  Array.from({ length: chain.reader.headNumber() + 1 }, (_, number) =>
    bytesToHex(chain.privates.root(chain.reader.hashByNumber(number)!, psi)),
  );

it('writes one batch for a block without private work, and one more for a private state that has some', async () => {
  const blocks = await makeBlocks(20, [4, 5, 11]);
  const { store, batches } = createRecordingStore();
  const node = await createCliqueChain({ store });
  const counts: number[] = [];
  for (const block of blocks) {
    const before = batches.length;
    await node.take(block);
    counts.push(batches.length - before);
    expect(heights(node)).toEqual([block.header.number, block.header.number]);
  }
  expect(counts).toEqual(blocks.map(({ header: { number } }) => ([4, 5, 11].includes(number) ? 2 : 1)));
  await node.close();
});

it('does so for blocks that come while others are being written, behind private work as well', async () => {
  const blocks = await makeBlocks(9, [3]);
  const alone = await createCliqueChain({ store: createMemoryStore() });
  for (const block of blocks) await alone.take(block);
  const { store, batches, hold } = createRecordingStore();
  const node = await createCliqueChain({ store });
  const told: number[] = [];
  node.chain.reader.onEvent((event) => {
    if (event.type === 'privateHead') told.push(event.number);
  });
  for (const block of blocks.slice(0, 3)) await node.take(block);
  const before = batches.length;
  const letGo = hold();
  const durable: Promise<void>[] = [];
  for (const block of blocks.slice(3)) {
    const outcome = await node.importer.import(block);
    if (outcome.type === 'imported') durable.push(outcome.durable);
  }
  expect(heights(node)).toEqual([3, 3]);
  letGo();
  await Promise.all(durable);
  expect(batches.length - before).toBe(6);
  expect(heights(node)).toEqual([9, 9]);
  expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(rootsOf(node)).toEqual(rootsOf(alone));
  await Promise.all([node.close(), alone.close()]);
});

it('leaves a private head whole after a crash between any two batches, level where nothing private was to be done', async () => {
  const withPrivate = [3, 4, 8];
  const blocks = await makeBlocks(10, withPrivate);
  const { store, batches } = createRecordingStore();
  const node = await createCliqueChain({ store });
  for (const block of blocks) await node.take(block);
  const expected = rootsOf(node);
  const { genesis } = node.chain.reader;
  await node.close();
  for (let count = 1; count <= batches.length; count++) {
    const crashed = createRecordingStore();
    for (const batch of batches.slice(0, count)) await crashed.store.batch(batch);
    const [head, privateHead] = heights(await openWhole(crashed.store, genesis));
    // Behind by the block whose work was not written yet, never by one without.
    expect(head - privateHead).toBe(withPrivate.includes(head) && privateHead < head ? 1 : 0);
    const again = await createCliqueChain({ store: crashed.store });
    for (const block of blocks.slice(head)) await again.take(block);
    expect(rootsOf(again)).toEqual(expected);
    await again.close();
  }
});

it.each([
  [1, 1],
  [5, 4],
])('goes back to block %i though blocks that took the private head along are being written', async (number, seen) => {
  const blocks = await makeBlocks(8, [2]);
  const { store, batches, hold } = createRecordingStore();
  const node = await createCliqueChain({ store });
  for (const block of blocks.slice(0, 4)) await node.take(block);
  const expected = rootsOf(node);
  const before = batches.length;
  const letGo = hold();
  const imported = await Promise.all(blocks.slice(4).map((block) => node.importer.import(block)));
  const rewound = node.chain.privates.rewind(psi, number, '0x');
  expect(heights(node)).toEqual([4, seen]);
  letGo();
  await Promise.all([rewound, ...imported.map((outcome) => outcome.type === 'imported' && outcome.durable)]);
  await node.take(await node.make(node.chain.tip(), 0));
  expect(heights(node)).toEqual([9, 9]);
  expect(rootsOf(node).slice(0, 5)).toEqual(expected);
  await node.close();
  // Four blocks were being written; the batch behind them takes back what they did to the private head.
  const crashed = createRecordingStore();
  for (const batch of batches.slice(0, before + 5)) await crashed.store.batch(batch);
  const { genesis } = node.chain.reader;
  expect(heights(await openWhole(crashed.store, genesis))).toEqual([8, number]);
  expect(heights(await openWhole(store, genesis))).toEqual([9, 9]);
});

it('passes over many blocks without private work in one batch when it is behind', async () => {
  const blocks = await makeBlocks(300, [10]);
  const { store, batches } = createRecordingStore();
  const node = await createCliqueChain({ store });
  for (const block of blocks) await node.take(block);
  const expected = rootsOf(node);
  const before = batches.length;
  await node.chain.privates.rewind(psi, 0, '0x');
  await node.take(await node.make(node.chain.tip(), 301 % 3));
  // The rewind, the block, 1–9, 10, 11–266, 267–301.
  expect(batches.length - before).toBe(6);
  expect(heights(node)).toEqual([301, 301]);
  expect(rootsOf(node).slice(0, 301)).toEqual(expected);
  await node.close();
});
