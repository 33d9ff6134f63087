import { createStateDatabase } from '@isoquorum/execution/state/database';
import { createStoreNodeSource } from '@isoquorum/execution/state/node-source';
import { BLOCKS_PROTOCOL, SYNC_PROTOCOL, TRANSACTIONS_PROTOCOL, WITNESS_PROTOCOL } from '@isoquorum/network/protocols';
import { encodeNewBlock } from '@isoquorum/network/wire/new-block';
import { encodeSyncRequest } from '@isoquorum/network/wire/sync';
import { encodeTransactionsFrame } from '@isoquorum/network/wire/transactions';
import { encodeWitnessRequest } from '@isoquorum/network/wire/witness';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { encodeBlock } from '@isoquorum/primitives/block';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { encodeTransaction } from '@isoquorum/primitives/transaction/transaction';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { createStubHost, type StubHost, stubPeer } from '../testing/stub-host.ts';
import { createTestChain, type TestChain } from '../testing/test-chain.ts';
import { createCatchUp } from './catch-up.ts';
import { serveChain } from './serve.ts';
import { serveWitness } from './serve-witness.ts';
import { startTransactionGossip } from './transaction-gossip.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);
let host: StubHost;
let test: TestChain;
let seeds: readonly { readonly protocol: string; readonly isRequest: boolean; readonly bytes: Uint8Array }[];

beforeAll(async () => {
  test = await createTestChain();
  await test.addBlock([test.transfer(0, 0)]);
  const next = await test.makeBlock([test.transfer(0, 1)]);
  host = createStubHost();
  const { reader } = test.chain;
  const pool = test.createPool();
  await pool.start();
  startTransactionGossip({ host, pool, clock: test.clock, logger: silentLogger, validators: () => [] });
  createCatchUp({
    branches: undefined,
    host,
    chain: reader,
    importer: test.importer,
    clock: test.clock,
    logger: silentLogger,
    onAnnounced: () => undefined,
    onFatal: (error) => {
      throw error;
    },
  });
  serveChain(host, reader);
  serveWitness(host, reader, createStateDatabase(createStoreNodeSource(test.store)));
  const transactions = [test.transfer(0, 1), test.transfer(1, 0)].map(encodeTransaction);
  const accounts = [{ address: new Uint8Array(20).fill(7), slots: [new Uint8Array(32)] }];
  seeds = [
    { protocol: TRANSACTIONS_PROTOCOL, isRequest: false, bytes: encodeTransactionsFrame(transactions) },
    { protocol: BLOCKS_PROTOCOL, isRequest: false, bytes: encodeNewBlock(encodeBlock(next), 3n) },
    {
      protocol: SYNC_PROTOCOL,
      isRequest: true,
      bytes: encodeSyncRequest({ type: 'headers', origin: 0, amount: 9, skip: 0, reverse: false }),
    },
    {
      protocol: SYNC_PROTOCOL,
      isRequest: true,
      bytes: encodeSyncRequest({ type: 'bodies', hashes: [reader.head().hash] }),
    },
    {
      protocol: SYNC_PROTOCOL,
      isRequest: true,
      bytes: encodeSyncRequest({ type: 'receipts', hashes: [reader.head().hash] }),
    },
    {
      protocol: WITNESS_PROTOCOL,
      isRequest: true,
      bytes: encodeWitnessRequest({ blockHash: reader.head().hash, accounts }),
    },
  ];
});

const mutation = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));

it('whatever a peer sends is taken, or refused with a code; the node goes on', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.array(mutation, { maxLength: 8 }),
      fc.nat(),
      fc.boolean(),
      async (pick, changes, cut, isCut) => {
        const seed = seeds[pick % seeds.length]!;
        const bytes = seed.bytes.slice(0, isCut ? cut % (seed.bytes.length + 1) : undefined);
        for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
        try {
          if (seed.isRequest) await host.ask(stubPeer('fuzzer'), seed.protocol, bytes);
          else await host.frame(stubPeer('fuzzer'), seed.protocol, bytes);
        } catch (error) {
          if (!isIsoquorumError(error)) throw error;
          expect(error.code).toMatch(/^[A-Z0-9_]+$/);
        }
      },
    ),
    { numRuns },
  );
  expect(test.chain.reader.headNumber()).toBeGreaterThanOrEqual(1);
  expect(test.writeFailures).toEqual([]);
});
