import { nodePrefix } from '@isoquorum/execution/state/keys';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import { createMemoryLogger, silentLogger } from '@isoquorum/platform/memory/logger';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { blockHash } from '@isoquorum/primitives/block';
import { createContractAddress } from '@isoquorum/primitives/address';
import { concatBytes, hexToBytes } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { nodeKeyToAddress } from '@isoquorum/primitives/node-key';
import { signTransaction, type Transaction } from '@isoquorum/primitives/transaction/transaction';
import { beforeAll, describe, expect, it } from 'vitest';
import { createPayloadResolver } from '../private/payload-resolver.ts';
import { createPrivateFollower } from '../private/private-follower.ts';
import { createTestChain, type TestChain } from '../testing/test-chain.ts';
import { openWhole } from '../testing/whole-state.ts';
import { DEFAULT_PRIVATE_STATE } from './chain.ts';
import { createStateAccess } from './create-state-access.ts';
import type { OpenedChain } from './open-chain.ts';
import { keptBlocks } from './pruner.ts';

const blocks = keptBlocks + 22;
const keptFrom = blocks - keptBlocks + 1;
const address = (number: number): Uint8Array => hexToBytes(`0x${(number + 1000).toString(16).padStart(40, '0')}`);
const payloads = new Map<string, Uint8Array>();

/** Creates a private contract that keeps `value` in slot 0. */
function creation(test: TestChain, nonce: number, value: number): Transaction {
  const payload = Uint8Array.of(0x60, value, 0x60, 0, 0x55, 0x60, 1, 0x60, 0, 0x53, 0x60, 1, 0x60, 0, 0xf3);
  const data = concatBytes(keccak256(payload), keccak256(concatBytes(payload, payload)));
  payloads.set(data.join(), payload);
  const fields = { type: 0 as const, gasPrice: 0n, gasLimit: 300_000n, to: undefined, value: 0n, data };
  return signTransaction({ ...fields, nonce: BigInt(nonce) }, test.accountKeys[1]!, { isPrivate: true });
}

/** Every block pays a new account and one that was paid before, and makes a private contract. */
function contentOf(test: TestChain, number: number): Transaction[] {
  return [
    test.transfer(0, 2 * number, { to: address(number) }),
    test.transfer(0, 2 * number + 1, { to: address(number % 5) }),
    creation(test, number, number % 100),
  ];
}

async function copyOf(store: Store): Promise<Store> {
  const copy = createMemoryStore();
  for await (const [key, value] of store.iterate({})) await copy.batch([{ type: 'put', key, value }]);
  return copy;
}

async function nodesIn(store: Store): Promise<number> {
  let count = 0;
  for await (const [key] of store.iterate({ gte: Uint8Array.of(nodePrefix), lt: Uint8Array.of(nodePrefix + 1) }))
    if (key.length === 33) count++;
  return count;
}

function viewAt({ chain, database }: OpenedChain, number: number) {
  return createStateAccess(chain.reader, database).at(chain.reader.hashByNumber(number)!, DEFAULT_PRIVATE_STATE);
}

/** Balance of a receiver, and slot 0 of the private contract of the block, after a block. */
function valuesAt(opened: OpenedChain, test: TestChain, number: number): readonly (bigint | undefined)[] {
  const { publicRoot, privateRoot } = viewAt(opened, number);
  const contract = createContractAddress(nodeKeyToAddress(test.accountKeys[1]!), BigInt(number - 1));
  const state = createTrieReader(opened.database, privateRoot);
  const account = state.account(contract);
  return [
    createTrieReader(opened.database, publicRoot).account(address(0))?.balance,
    account && state.storage(contract, account, 0n),
  ];
}

const expectedAt = (number: number): readonly bigint[] => [
  1n + BigInt(Math.floor((number + 4) / 5)),
  BigInt((number - 1) % 100),
];

describe('pruning', () => {
  let test: TestChain;
  beforeAll(async () => {
    test = await createTestChain();
    const follower = createPrivateFollower({
      chain: test.chain,
      executor: test.executor,
      resolver: createPayloadResolver({
        source: {
          receive(digest) {
            const payload = payloads.get(digest.join());
            return Promise.resolve(payload && { payload, privacyFlag: 0 });
          },
        },
      }),
      clock: test.clock,
      logger: silentLogger,
      onFatal(error) {
        throw error;
      },
    });
    follower.start();
    for (let number = 0; number < blocks; number++) await test.addBlock(contentOf(test, number));
    await follower.idle();
    await follower.stop();
  }, 60_000);

  it('keeps public and private states of the newest blocks and of the genesis, and says of others that they are gone', async () => {
    const store = await copyOf(test.store);
    const logger = createMemoryLogger();
    const opened = await openWhole(store, test.chain.reader.genesis, { logger });
    const before = await nodesIn(store);
    await opened.prune();
    expect(await nodesIn(store)).toBeLessThan(before);
    expect(logger.lines.at(-1)).toMatchObject({ message: 'Pruned', fields: { keptFrom } });
    // A second one finds nothing more, and a restart knows what is gone.
    const after = await nodesIn(store);
    await opened.prune();
    expect(await nodesIn(store)).toBe(after);
    const again = await openWhole(store, test.chain.reader.genesis);
    expect(again.chain.reader.statesKeptFrom()).toBe(keptFrom);
    for (const number of [keptFrom, keptFrom + 1, blocks - 1, blocks])
      expect(valuesAt(again, test, number)).toEqual(expectedAt(number));
    expect(viewAt(again, 0).header.number).toBe(0);
    expect(() => viewAt(again, keptFrom - 1)).toThrow(
      expect.objectContaining({
        code: 'STATE_PRUNED',
        fields: expect.objectContaining({ number: keptFrom - 1, keptFrom }),
      }),
    );
  });

  it('keeps what is written while it goes on', async () => {
    const store = await copyOf(test.store);
    const opened = await createTestChain({ store });
    const fresh = await openWhole(store, test.chain.reader.genesis);
    const pruning = fresh.prune();
    // Values that the chain had before pruning give nodes that it had before, written again by the same process.
    const block = await opened.makeBlock(contentOf(opened, blocks));
    const applied = await opened.executor.execute(block, blockHash(block), opened.chain.tip());
    await fresh.chain.commit({
      hash: blockHash(block),
      block,
      receipts: applied.receipts,
      operations: applied.operations,
    });
    await pruning;
    const again = await openWhole(store, test.chain.reader.genesis, { isMade: true });
    expect(again.chain.reader.headNumber()).toBe(blocks + 1);
  });

  it('leaves garbage and nothing worse when it is cut off anywhere', async () => {
    const source = await copyOf(test.store);
    const batches: (readonly StoreOperation[])[] = [];
    const write = source.batch.bind(source);
    const first = await copyOf(source);
    const opened = await openWhole(
      Object.assign(source, {
        batch(operations: readonly StoreOperation[]) {
          batches.push(operations);
          return write(operations);
        },
      }),
      test.chain.reader.genesis,
    );
    await opened.prune();
    expect(batches.length).toBeGreaterThan(1);
    // Also inside the batches that delete, one deletion at a time: they need not be atomic.
    for (const batch of batches) {
      for (let index = 0; index < batch.length; index += 1 + (batch.length >> 2)) {
        await first.batch(batch.slice(0, index + 1));
        const cut = await openWhole(first, test.chain.reader.genesis);
        for (const number of [keptFrom, blocks]) expect(valuesAt(cut, test, number)).toEqual(expectedAt(number));
      }
      await first.batch(batch);
    }
  });
});
