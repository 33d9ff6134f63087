import { createMemoryLogger } from '@isoquorum/platform/memory/logger';
import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { Store } from '@isoquorum/platform/store';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { signTransaction, type Transaction } from '@isoquorum/primitives/transaction/transaction';
import { beforeAll, describe, expect, it } from 'vitest';
import { createExecutor } from '../import/executor.ts';
import { createPayloadResolver } from '../private/payload-resolver.ts';
import { createPrivateFollower, type PrivateFollower } from '../private/private-follower.ts';
import { createPrivateGroups } from '../private/private-groups.ts';
import { createTestChain, type TestChain } from '../testing/test-chain.ts';
import { openChain, type OpenedChain } from './open-chain.ts';
import { keptBlocks } from './pruner.ts';

/** Creates a contract that keeps 42 in slot 0: PUSH1 42 PUSH1 0 SSTORE, then returns one byte of code (STOP). */
const payload = hexToBytes('0x602a600055600160005360016000f3');
const keys = [1, 2].map((byte) => new Uint8Array(32).fill(byte));
const groupOf = (index: number) => {
  const psi = `PS${index + 1}`;
  return { name: psi, psi, members: [bytesToBase64(keys[index]!)] };
};
const last = keptBlocks + 12;

/** A private creation whose payload is of the party whose number its digest begins with; 9: nobody's. */
function creation(test: TestChain, nonce: number, party: number): Transaction {
  const data = new Uint8Array(64).fill(party).fill(nonce, 63);
  const fields = { type: 0 as const, gasPrice: 0n, gasLimit: 300_000n, to: undefined, value: 0n, data };
  return signTransaction({ ...fields, nonce: BigInt(nonce) }, test.accountKeys[1]!, { isPrivate: true });
}

interface Opened extends OpenedChain {
  readonly follower: PrivateFollower;
  readonly logger: ReturnType<typeof createMemoryLogger>;
  root(psi: string, number: number): string;
}

/** The chain in a store, with so many groups, level with its head. */
async function open(test: TestChain, store: Store, groupCount: number): Promise<Opened> {
  const { genesis } = test.chain.reader;
  const groups = createPrivateGroups([0, 1].slice(0, groupCount).map(groupOf));
  const logger = createMemoryLogger();
  const onWriteFailure = (error: unknown): never => {
    throw error;
  };
  const opened = await openChain({ genesis, store, logger, onWriteFailure, privateStates: groups.names });
  const { chain, database } = opened;
  const author = () => test.chain.tip().block.header.coinbase;
  const follower = createPrivateFollower({
    chain,
    executor: createExecutor({ chain, database, evm: createFastEvm(), config: genesis.config, author }),
    resolver: createPayloadResolver({
      source: {
        async receive(digest) {
          const party = keys[digest[0]! - 1];
          return party && { payload, privacyFlag: 0, managedParties: [party] };
        },
      },
    }),
    groups,
    clock: test.clock,
    logger,
    onFatal: onWriteFailure,
  });
  follower.start();
  await follower.idle();
  const root = (psi: string, number: number): string =>
    bytesToHex(chain.privates.root(chain.reader.hashByNumber(number)!, psi));
  return { ...opened, follower, logger, root };
}

describe('a group of parties that is new on a chain with several private states', () => {
  let test: TestChain;
  beforeAll(async () => {
    test = await createTestChain({ config: { isMPS: true } });
    // The second block is of the first party; the first one and those after are nobody's here.
    for (let number = 1; number <= last; number++)
      await test.addBlock([creation(test, number - 1, number === 2 ? 1 : 9)]);
    const { follower } = await open(test, test.store, 1);
    await follower.stop();
  }, 60_000);

  async function copy(): Promise<Store> {
    const { store } = await createTestChain({ config: { isMPS: true } });
    for await (const [key, value] of test.store.iterate({})) await store.batch([{ type: 'put', key, value }]);
    return store;
  }

  it('has a state of its own from the genesis on while the states of all blocks are kept', async () => {
    const opened = await open(test, await copy(), 2);
    expect(opened.root('PS2', last)).toBe(opened.root('empty', last));
    expect(opened.root('PS1', last)).not.toBe(opened.root('empty', last));
    expect(opened.logger.lines).toEqual([]);
    await opened.follower.stop();
  });

  it('begins as nobody where old states are pruned, and goes on by itself', async () => {
    const store = await copy();
    const before = await open(test, store, 1);
    await before.follower.stop();
    await before.prune();
    const opened = await open(test, store, 2);
    expect(opened.logger.lines).toMatchObject([{ level: 'warn', fields: { psi: 'PS2', number: last } }]);
    expect(opened.chain.privates.head('PS2')).toMatchObject({ number: last, waitingFor: undefined });
    for (const number of [last, last - 5]) expect(opened.root('PS2', number)).toBe(opened.root('empty', number));
    expect(opened.root('PS1', last)).not.toBe(opened.root('PS2', last));
    // The next block is of the new party.
    const writer = await createTestChain({ config: { isMPS: true }, store });
    await writer.addBlock([creation(writer, last, 2)]);
    await opened.follower.stop();
    const again = await open(test, store, 2);
    expect(again.logger.lines).toEqual([]);
    expect(again.chain.privates.head('PS2').number).toBe(last + 1);
    expect(again.root('PS2', last + 1)).not.toBe(again.root('empty', last + 1));
    expect(again.root('PS2', last)).toBe(again.root('empty', last));
    const hash = again.chain.reader.hashByNumber(last)!;
    expect(again.chain.privates.receipts(hash, 'PS2')).toEqual(again.chain.privates.receipts(hash, 'empty'));
    await again.follower.stop();
  });
});
