import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import type { Logger } from '@isoquorum/platform/logger';
import { createMemoryLogger, silentLogger } from '@isoquorum/platform/memory/logger';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { createInThreadRecovery, type SenderRecovery } from '@isoquorum/platform/sender-recovery';
import type { Store } from '@isoquorum/platform/store';
import { bytesEqual, bytesToHex, concatBytes, hexToBytes } from '@isoquorum/primitives/hex';
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

  function reportOf(
    store: Store,
    payloads: PayloadSource,
    from = 0,
    logger: Logger = silentLogger,
  ): Promise<ImportReport> {
    return importChain({
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
      logger,
    });
  }

  /** The roots of the one private state after every block. */
  async function importWith(store: Store, payloads: PayloadSource, from = 0): Promise<readonly unknown[]> {
    return (await reportOf(store, payloads, from)).blocks.map((block) => block.privateStateRoot);
  }

  /** The source as long as it has payloads of these places in `digests`; on some it fails. */
  const sourceOf = (known: readonly number[], failing: readonly number[] = []): PayloadSource => ({
    receive: async (digest) => {
      const index = digests.findIndex((one) => bytesEqual(one, digest));
      if (failing.includes(index)) throw new Error('500 status: broken');
      return known.includes(index) ? source.receive(digest) : undefined;
    },
  });

  it('end at the roots of an import that had them, though the file holds the last blocks only', async () => {
    const expected = await importWith(createMemoryStore(), source);
    const store = createMemoryStore();
    const strange = await importWith(store, noPayloads);
    expect(strange).not.toEqual(expected);
    expect(await importWith(store, source, last - 1)).toEqual(expected.slice(last - 2));
    expect(await importWith(store, noPayloads)).toEqual(expected);
  });

  it('are counted: found, executed, still missing', async () => {
    const store = createMemoryStore();
    expect(await reportOf(store, sourceOf([]))).not.toHaveProperty('payloads');
    expect(await reportOf(store, noPayloads)).not.toHaveProperty('payloads');
    const nothing = { found: 0, executed: 0, tooLate: 0, missing: 0, failed: [] };
    expect(await reportOf(store, sourceOf([0]))).toMatchObject({
      alreadyThere: last,
      payloads: { ...nothing, found: 1, executed: 1, missing: 1 },
    });
    expect((await reportOf(store, sourceOf([0]), last)).payloads).toEqual({ ...nothing, missing: 1 });
    expect((await reportOf(store, source)).payloads).toEqual({ ...nothing, found: 1, executed: 1 });
    expect((await reportOf(store, source)).payloads).toEqual(nothing);
  });

  it.each([
    [0, 1],
    [1, 0],
  ])(
    'are executed though the source fails on another one, which is told and asked for the next time',
    async (known, broken) => {
      const lacking = await importWith(createMemoryStore(), sourceOf([known]));
      const store = createMemoryStore();
      await importWith(store, noPayloads);
      const logger = createMemoryLogger();
      const { payloads, blocks } = await reportOf(store, sourceOf([known], [broken]), 0, logger);
      const failed = {
        digest: bytesToHex(digests[broken]!),
        block: broken === 0 ? 5 : last - 5,
        psi: 'private',
        reason: '500 status: broken',
      };
      expect(payloads).toEqual({ found: 1, executed: 1, tooLate: 0, missing: 0, failed: [failed] });
      expect(blocks.map((block) => block.privateStateRoot)).toEqual(lacking);
      const warnings = logger.lines.filter(({ level }) => level === 'warn');
      expect(warnings).toMatchObject([{ fields: { payloads: 1, digest: failed.digest, blockNumber: failed.block } }]);
      expect(await importWith(store, source)).toEqual(await importWith(createMemoryStore(), source));
    },
  );

  it('that cannot be used for new blocks end the import with a coded error, and are used once they can', async () => {
    const store = createMemoryStore();
    await expect(reportOf(store, sourceOf([0], [1]))).rejects.toMatchObject({
      code: 'PAYLOAD_UNRESOLVED',
      fields: { psi: 'private', number: last - 6, blockNumber: last - 5, digest: bytesToHex(digests[1]!) },
    });
    expect(await importWith(store, source)).toEqual(await importWith(createMemoryStore(), source));
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
