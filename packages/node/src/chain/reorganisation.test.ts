import { createMemoryStore } from '@isoquorum/platform/memory/store';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { type Block, blockHash } from '@isoquorum/primitives/block';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { signTransaction, type Transaction, transactionHash } from '@isoquorum/primitives/transaction/transaction';
import type { Address } from '@isoquorum/primitives/bytes';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import { describe, expect, it } from 'vitest';
import { type CliqueChain, cliqueAccountKeys, createCliqueChain, privateCreation } from '../testing/clique-chain.ts';
import { type ChainBlock, DEFAULT_PRIVATE_STATE } from './chain.ts';
import { keptBlocks } from './pruner.ts';

/** Creates a contract that keeps `value` in slot 0: PUSH1 value PUSH1 0 SSTORE, then returns one byte of code (STOP). */
const keeps = (value: number): Uint8Array =>
  hexToBytes(`0x60${value.toString(16).padStart(2, '0')}600055600160005360016000f3`);

function transfer(index: number, nonce: number, to: Address = new Uint8Array(20).fill(9)): Transaction {
  const fields = { type: 0 as const, nonce: BigInt(nonce), gasPrice: 0n, gasLimit: 21_000n, to, value: 1n };
  return signTransaction({ ...fields, data: new Uint8Array(0) }, cliqueAccountKeys[index]!, { chainId: 1337n });
}

/** Two branches from the genesis: three blocks out of turn (sum of difficulties 4), two in turn (5). */
interface Branches {
  readonly light: readonly Block[];
  readonly heavy: readonly Block[];
}

async function makeBranches(): Promise<Branches> {
  const maker = await createCliqueChain({ store: createMemoryStore() });
  const branch = async (signers: readonly number[], bodies: readonly (readonly Transaction[])[]): Promise<Block[]> => {
    const blocks: Block[] = [];
    let parent = maker.genesis();
    for (const [index, signer] of signers.entries()) {
      const block = await maker.make(parent, signer, bodies[index]);
      await maker.take(block);
      parent = { hash: blockHash(block), block };
      blocks.push(block);
    }
    return blocks;
  };
  const first = privateCreation(0, 0, keeps(1));
  const light = await branch([2, 0, 1], [[first], [transfer(1, 0)], [privateCreation(0, 1, keeps(2))]]);
  const heavy = await branch([1, 2], [[privateCreation(0, 0, keeps(3))], [privateCreation(0, 1, keeps(4))]]);
  await maker.close();
  return { light, heavy };
}

const headOf = ({ chain }: CliqueChain): string => bytesToHex(chain.reader.head().hash);
const privateHeadOf = ({ chain }: CliqueChain): string =>
  bytesToHex(chain.reader.privateHead(DEFAULT_PRIVATE_STATE).hash);
const privateRootOf = ({ chain }: CliqueChain): string =>
  bytesToHex(chain.reader.privateStateRoot(chain.reader.head().hash, DEFAULT_PRIVATE_STATE));

async function rootWith(blocks: readonly Block[]): Promise<string> {
  const one = await createCliqueChain({ store: createMemoryStore() });
  for (const block of blocks) await one.take(block);
  const root = privateRootOf(one);
  await one.close();
  return root;
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

describe('a heavier branch', () => {
  it('takes the place of canonical blocks with both heads, and its lost transactions return to the pool', async () => {
    const { light, heavy } = await makeBranches();
    const node = await createCliqueChain({ store: createMemoryStore() });
    for (const block of light) await node.take(block);
    expect(headOf(node)).toBe(bytesToHex(blockHash(light[2]!)));
    const events: { removed: number; added: number }[] = [];
    node.chain.reader.onEvent((event) => {
      if (event.type === 'head') events.push({ removed: event.removed.length, added: event.added.length });
    });

    await node.take(heavy[0]!);
    expect(headOf(node)).toBe(bytesToHex(blockHash(light[2]!)));
    expect(node.chain.reader.isCanonical(blockHash(heavy[0]!))).toBe(false);
    await node.take(heavy[1]!);

    expect(events).toEqual([{ removed: 3, added: 2 }]);
    expect(headOf(node)).toBe(bytesToHex(blockHash(heavy[1]!)));
    expect(privateHeadOf(node)).toBe(headOf(node));
    expect(node.chain.reader.totalDifficulty(blockHash(heavy[1]!))).toBe(5n);
    expect(node.chain.reader.hashByNumber(3)).toBeUndefined();
    expect(privateRootOf(node)).toBe(await rootWith(heavy));
    const [lost] = light[1]!.transactions;
    expect(node.chain.reader.transaction(transactionHash(lost!))).toBeUndefined();
    expect(node.pool.get(transactionHash(lost!))).toBeDefined();
    const [taken] = heavy[0]!.transactions;
    expect(
      node.chain.reader.receipt(transactionHash(taken!), DEFAULT_PRIVATE_STATE)?.receipt.contractAddress,
    ).toBeDefined();
    await node.close();
  });

  it('keeps a private head off a block whose sibling took its place while it was being executed', async () => {
    const { light, heavy } = await makeBranches();
    const node = await createCliqueChain({ store: createMemoryStore() });
    await node.take(light[0]!);
    const { privates } = node.chain;
    await privates.rewind(DEFAULT_PRIVATE_STATE, 0, '0x');
    const sibling = { hash: blockHash(heavy[0]!), block: heavy[0]! };
    const result = { root: emptyTrieRoot, extraRoot: emptyTrieRoot, logsBloom: new Uint8Array(256) };
    const commit = { ...result, receipts: [], operations: [], notParty: [], resolved: [] };
    expect(await privates.commit({ psi: DEFAULT_PRIVATE_STATE, block: sibling, ...commit })).toBe('stale');
    expect(privates.head(DEFAULT_PRIVATE_STATE).number).toBe(0);
    await node.close();
  });

  it('knows a block that it keeps beside, and takes it again when its branch grows', async () => {
    const { light, heavy } = await makeBranches();
    const node = await createCliqueChain({ store: createMemoryStore() });
    for (const block of [...light, heavy[0]!]) await node.take(block);
    expect((await node.take(heavy[0]!)).type).toBe('known');
    await node.take(heavy[1]!);
    const longer = await node.make(node.chain.tip(), 0);
    await node.take(longer);
    expect(headOf(node)).toBe(bytesToHex(blockHash(longer)));
    await node.close();
  });

  it('chooses the same of two equal blocks whichever comes first', async () => {
    const maker = await createCliqueChain({ store: createMemoryStore() });
    const one = await maker.make(maker.genesis(), 0);
    const other = await maker.make(maker.genesis(), 2);
    await maker.close();
    const heads: string[] = [];
    for (const order of [
      [one, other],
      [other, one],
    ]) {
      const node = await createCliqueChain({ store: createMemoryStore() });
      for (const block of order) await node.take(block);
      heads.push(headOf(node));
      await node.close();
    }
    expect(heads[0]).toBe(heads[1]);
  });

  it('survives a crash between any two batches: both heads stand on one branch, and the end is the same', async () => {
    const { light, heavy } = await makeBranches();
    const batches: (readonly StoreOperation[])[] = [];
    const whole = await createCliqueChain({ store: recording(batches) });
    for (const block of [...light, ...heavy]) await whole.take(block);
    const expected = { head: headOf(whole), root: privateRootOf(whole) };
    await whole.close();
    expect(batches.length).toBeGreaterThan(8);

    for (let kept = 1; kept <= batches.length; kept++) {
      const store = createMemoryStore();
      for (const batch of batches.slice(0, kept)) await store.batch(batch);
      const node = await createCliqueChain({ store });
      expect(privateHeadOf(node)).toBe(headOf(node));
      for (let number = 1; number <= node.chain.reader.headNumber(); number++)
        expect(node.chain.reader.blockByNumber(number)).toBeDefined();
      for (const block of [...light, ...heavy]) await node.take(block);
      expect({ head: headOf(node), root: privateRootOf(node) }).toEqual(expected);
      await node.close();
    }
  });
});

describe('a branch beside a chain whose old states are freed', () => {
  const account = (number: number): Address => keccak256(Uint8Array.of(number % 256, number >> 8)).subarray(12);
  const height = keptBlocks + 14;
  const forkAt = height - 10;

  /** Blocks out of turn on the chain, each paying an account of its own; answers the one at `forkAt`. */
  async function grow(node: CliqueChain): Promise<ChainBlock> {
    for (let number = 1; number <= height; number++)
      await node.take(await node.make(node.chain.tip(), (number + 2) % 3, [transfer(0, number - 1, account(number))]));
    return node.chain.reader.blockByNumber(forkAt)!;
  }

  it('keeps its states, and is whole when it becomes the chain', async () => {
    const store = createMemoryStore();
    const node = await createCliqueChain({ store, gcMode: 'full' });
    let parent = await grow(node);
    const side: ChainBlock[] = [];
    for (let number = forkAt + 1; number <= forkAt + 5; number++) {
      const block = await node.make(parent, number % 3, [transfer(0, number - 1, account(number + 1000))]);
      parent = { hash: blockHash(block), block };
      side.push(parent);
      if (number <= forkAt + 4) await node.take(block);
    }
    expect(node.chain.reader.headNumber()).toBe(height);
    await node.prune();
    expect(node.chain.reader.statesKeptFrom()).toBeGreaterThan(5);

    // A start, so that nothing is answered from memory.
    const again = await createCliqueChain({ store, gcMode: 'full' });
    await again.take(side[4]!.block);
    expect(headOf(again)).toBe(bytesToHex(side[4]!.hash));
    await again.prune();
    const state = createTrieReader(again.database, side[4]!.block.header.stateRoot);
    const balances = side.map(({ block }) => state.account(account(block.header.number + 1000))?.balance);
    expect(balances).toEqual([1n, 1n, 1n, 1n, 1n]);
    for (let number = 1; number <= forkAt; number++) expect(state.account(account(number))?.balance).toBe(1n);
    expect(state.account(account(forkAt + 1))).toBeUndefined();
    await again.close();
  });

  it('is refused where it leaves the chain before them, and nothing is damaged', async () => {
    const node = await createCliqueChain({ store: createMemoryStore(), gcMode: 'full' });
    await grow(node);
    const maker = await createCliqueChain({ store: createMemoryStore() });
    for (let number = 1; number <= 3; number++) await maker.take(node.chain.reader.blockByNumber(number)!.block);
    const old = await maker.make(maker.chain.tip(), 1);
    await maker.close();
    await node.prune();
    await expect(node.take(old)).rejects.toMatchObject({ code: 'BRANCH_TOO_OLD', reaction: 'IGNORE' });
    await node.take(await node.make(node.chain.tip(), (height + 3) % 3));
    expect(node.chain.reader.headNumber()).toBe(height + 1);
    await node.close();
  });
});
