import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { createInThreadRecovery, type SenderRecovery } from '@isoquorum/platform/sender-recovery';
import type { Store } from '@isoquorum/platform/store';
import { bytesEqual, concatBytes, hexToBytes } from '@isoquorum/primitives/hex';
import { signTransaction, type Transaction } from '@isoquorum/primitives/transaction/transaction';
import { beforeAll, describe, expect, it } from 'vitest';
import { openChain } from '../chain/open-chain.ts';
import { keptBlocks } from '../chain/pruner.ts';
import { noPayloads, type PayloadSource } from '../private/payload-resolver.ts';
import { createTestChain, type TestChain } from '../testing/test-chain.ts';
import { exportChain } from './export-chain.ts';
import { importChain, type ImportReport } from './import-chain.ts';

it('goes on where an import stopped, and counts what was there apart', async () => {
  const test = await createTestChain();
  for (let nonce = 0; nonce < 6; nonce++) await test.addBlock([test.transfer(0, nonce)]);
  const store = createMemoryStore();
  const recovered: number[] = [];
  const inThread = createInThreadRecovery();
  const recovery: SenderRecovery = {
    ...inThread,
    begin(transactions, chainId) {
      recovered.push(transactions.length);
      return inThread.begin(transactions, chainId);
    },
  };
  const importUntil = (last: number): Promise<ImportReport> =>
    importChain({
      genesis: test.chain.reader.genesis,
      source: (async function* () {
        yield await Promise.resolve(concatBytes(...exportChain(test.chain.reader, 0, last)));
      })(),
      payloads: noPayloads,
      store,
      rules: 'strict',
      evm: createFastEvm(),
      recovery,
      clock: test.clock,
      logger: silentLogger,
    });
  expect(await importUntil(4)).toMatchObject({ alreadyThere: 0, head: { number: 4 } });
  recovered.length = 0;
  const rest = await importUntil(6);
  expect(rest).toMatchObject({ alreadyThere: 4, head: { number: 6 } });
  expect(rest.blocks.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
  // What is there needs no senders.
  expect(recovered).toEqual([1, 1]);
  const again = await importUntil(6);
  expect(again).toMatchObject({ alreadyThere: 6, transactionsPerSecond: 0, megagasPerSecond: 0 });
});

describe('payloads that come with a second import', () => {
  /** Creates a contract that keeps 42 in slot 0: PUSH1 42 PUSH1 0 SSTORE, then returns one byte of code (STOP). */
  const payload = hexToBytes('0x602a600055600160005360016000f3');
  const digests = [3, 4].map((byte) => new Uint8Array(64).fill(byte));
  const source: PayloadSource = {
    receive: async (digest) =>
      digests.some((known) => bytesEqual(known, digest)) ? { payload, privacyFlag: 0 } : undefined,
  };
  const last = keptBlocks + 20;
  let test: TestChain;
  beforeAll(async () => {
    test = await createTestChain();
    const creation = (data: Uint8Array, nonce: bigint): Transaction =>
      signTransaction(
        { type: 0, nonce, gasPrice: 0n, gasLimit: 300_000n, to: undefined, value: 0n, data },
        test.accountKeys[1]!,
        { isPrivate: true },
      );
    for (let number = 1; number <= last; number++) {
      const data = number === 5 ? digests[0] : number === last - 5 ? digests[1] : undefined;
      await test.addBlock(data === undefined ? [] : [creation(data, number === 5 ? 0n : 1n)]);
    }
  }, 60_000);

  /** The roots of the one private state after every block. */
  async function importWith(store: Store, payloads: PayloadSource, from = 0): Promise<readonly unknown[]> {
    const { blocks } = await importChain({
      genesis: test.chain.reader.genesis,
      source: (async function* () {
        yield await Promise.resolve(concatBytes(...exportChain(test.chain.reader, from, last)));
      })(),
      payloads,
      store,
      rules: 'strict',
      evm: createFastEvm(),
      recovery: createInThreadRecovery(),
      clock: test.clock,
      logger: silentLogger,
    });
    return blocks.map((block) => block.privateStateRoot);
  }

  it('end at the roots of an import that had them, though the file holds the last blocks only', async () => {
    const expected = await importWith(createMemoryStore(), source);
    const store = createMemoryStore();
    const strange = await importWith(store, noPayloads);
    expect(strange).not.toEqual(expected);
    expect(await importWith(store, source, last - 1)).toEqual(expected.slice(last - 2));
    expect(await importWith(store, noPayloads)).toEqual(expected);
  });

  it('are refused by a coded error where states are pruned, and used where they are not', async () => {
    const store = createMemoryStore();
    await importWith(store, noPayloads);
    const options = { genesis: test.chain.reader.genesis, store, logger: silentLogger };
    const { prune } = await openChain({ ...options, onWriteFailure: () => undefined });
    await prune();
    const keptFrom = last - keptBlocks + 1;
    await expect(importWith(store, source)).rejects.toMatchObject({
      code: 'PAYLOADS_TOO_LATE',
      fields: { payloads: 1, keptFrom },
    });
    const { chain } = await openChain({ ...options, onWriteFailure: () => undefined });
    // The other one has been used.
    expect(await chain.privates.unresolved.page(undefined, 9)).toMatchObject([{ digest: digests[0], number: 5 }]);
  });
});
