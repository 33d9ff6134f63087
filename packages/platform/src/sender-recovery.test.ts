import { afterEach, describe, expect, test } from 'vitest';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import {
  decodeTransaction,
  encodeTransaction,
  knownTransactionSender,
  type RecoveryInput,
  signTransaction,
  type Transaction,
  transactionHash,
  transactionRecoveryInput,
} from '@isoquorum/primitives/transaction/transaction';
import { createSeededRandom } from './memory/random.ts';
import { createRecoveryPool } from './node/recovery-pool.ts';
import { packSignatures, recoverOne, runJob, unpackSenders } from './recovery-job.ts';
import { createInThreadRecovery, recoverSenders, type SenderRecovery } from './sender-recovery.ts';

const random = createSeededRandom('recovery');
const keys = Array.from({ length: 7 }, () => random.bytes(32));

function createTransactions(count: number): Transaction[] {
  return Array.from({ length: count }, (_, index) =>
    signTransaction(
      {
        type: 0,
        nonce: BigInt(index),
        gasPrice: 0n,
        gasLimit: 21_000n,
        to: random.bytes(20),
        value: 1n,
        data: random.bytes(4),
      },
      keys[index % keys.length] as Uint8Array,
      index % 3 === 0 ? { isPrivate: true } : { chainId: 1337n },
    ),
  );
}

/** The same transaction as it comes out of a block, with nothing remembered. */
function withoutMemory(transaction: Transaction): Transaction {
  return decodeTransaction(encodeTransaction(transaction));
}

const open: SenderRecovery[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((recovery) => recovery.close()));
});

const inputs: readonly RecoveryInput[] = [
  ...createTransactions(350).map((transaction) => transactionRecoveryInput(transaction, 1337n)),
  { digest: new Uint8Array(32), signature: new Uint8Array(64), recoveryId: 0 },
];
const expected = inputs.map(recoverOne);

test('a job answers senders in order, and none where none recovers', () => {
  expect(unpackSenders(runJob(packSignatures(inputs)))).toEqual(expected);
  expect(expected.at(-1)).toBeUndefined();
  expect(expected[0]).toEqual(privateKeyToAddress(keys[0] as Uint8Array));
});

describe.each([
  ['in the calling thread', () => createInThreadRecovery()],
  ['one thread', () => createRecoveryPool({ threads: 1 })],
  ['two threads', () => createRecoveryPool({ threads: 2 })],
  ['no threads', () => createRecoveryPool({ threads: 0 })],
] as const)('%s', (_name, create) => {
  test('batches of any size, at the same time', async () => {
    const recovery = create();
    open.push(recovery);
    const sizes = [0, 1, 3, 4, 99, 100, 101, inputs.length];
    const results = await Promise.all(sizes.map((size) => recovery.recover(inputs.slice(0, size))));
    expect(results).toEqual(sizes.map((size) => expected.slice(0, size)));
    expect(await recovery.recover(inputs.slice(-150))).toEqual(expected.slice(-150));
  });

  test('blocks ahead: senders and hashes are remembered in whatever order the blocks are waited for', async () => {
    const recovery = create();
    open.push(recovery);
    const blocks = [0, 1, 64, 65, 200].map((count) => createTransactions(count).map(withoutMemory));
    const wrongChain = withoutMemory(
      signTransaction(
        { type: 0, nonce: 0n, gasPrice: 0n, gasLimit: 0n, to: undefined, value: 0n, data: random.bytes(1) },
        keys[0] as Uint8Array,
        { chainId: 5n },
      ),
    );
    blocks.push([wrongChain]);
    const pending = blocks.map((transactions) => recovery.begin(transactions, 1337n));
    for (const one of pending.toReversed()) await one.finish();
    for (const transactions of blocks) {
      for (const [index, transaction] of transactions.entries()) {
        const key = keys[index % keys.length] as Uint8Array;
        const sender = transaction === wrongChain ? undefined : privateKeyToAddress(key);
        expect(knownTransactionSender(transaction, 1337n)).toEqual(sender);
        expect(transactionHash(transaction)).toEqual(transactionHash(withoutMemory(transaction)));
      }
    }
  });
});

test('a pool works in threads; the caller helps while it waits for a block', async () => {
  const recovery = createRecoveryPool({ threads: 1 });
  open.push(recovery);
  expect(await recovery.recover(inputs)).toEqual(expected);
  expect(recovery.counts()).toEqual({ byThreads: inputs.length, byCaller: 0 });
  await recovery.begin(createTransactions(1_000), 1337n).finish();
  const { byThreads, byCaller } = recovery.counts();
  expect(byCaller).toBeGreaterThan(0);
  expect(byThreads + byCaller).toBe(inputs.length + 1_000);
});

test('a pool goes on after its threads ended from idleness, and finishes work that close interrupts', async () => {
  const recovery = createRecoveryPool({ threads: 1, idleMs: 1 });
  open.push(recovery);
  expect(await recovery.recover(inputs.slice(0, 10))).toEqual(expected.slice(0, 10));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const running = recovery.recover(inputs);
  await recovery.close();
  expect(await running).toEqual(expected);
});

test('senders are remembered; what cannot be recovered is left for transactionSender to refuse', async () => {
  const transactions = createTransactions(9);
  const wrongChain = signTransaction(
    { type: 0, nonce: 0n, gasPrice: 0n, gasLimit: 0n, to: undefined, value: 0n, data: random.bytes(1) },
    keys[0] as Uint8Array,
    { chainId: 5n },
  );
  await recoverSenders(createInThreadRecovery(), [...transactions, wrongChain], 1337n);
  transactions.forEach((transaction, index) => {
    const key = keys[index % keys.length] as Uint8Array;
    expect(knownTransactionSender(transaction, 1337n)).toEqual(privateKeyToAddress(key));
    expect(knownTransactionSender(transaction, 1n)).toBeUndefined();
  });
  expect(knownTransactionSender(wrongChain, 1337n)).toBeUndefined();
});
