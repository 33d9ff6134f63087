import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { createInThreadRecovery, type SenderRecovery } from '@isoquorum/platform/sender-recovery';
import { concatBytes } from '@isoquorum/primitives/hex';
import { expect, it } from 'vitest';
import { noPayloads } from '../private/payload-resolver.ts';
import { createTestChain } from '../testing/test-chain.ts';
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
