import { afterEach, describe, expect, test } from 'vitest';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import {
  knownTransactionSender,
  type RecoveryInput,
  signTransaction,
  type Transaction,
  transactionRecoveryInput,
} from '@isoquorum/primitives/transaction/transaction';
import { createSeededRandom } from './memory/random.ts';
import { createRecoveryPool } from './node/recovery-pool.ts';
import { packInputs, packSenders, unpackInputs, unpackSenders } from './recovery-message.ts';
import { createInThreadRecovery, recoverOne, recoverSenders, type SenderRecovery } from './sender-recovery.ts';

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

const open: SenderRecovery[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((recovery) => recovery.close()));
});

const inputs: readonly RecoveryInput[] = [
  ...createTransactions(350).map((transaction) => transactionRecoveryInput(transaction, 1337n)),
  { digest: new Uint8Array(32), signature: new Uint8Array(64), recoveryId: 0 },
];
const expected = inputs.map(recoverOne);

test('messages carry inputs and senders unchanged', () => {
  expect(unpackInputs(packInputs(inputs))).toEqual(inputs);
  expect(unpackSenders(packSenders(expected))).toEqual(expected);
  expect(expected.at(-1)).toBeUndefined();
  expect(expected[0]).toEqual(privateKeyToAddress(keys[0] as Uint8Array));
});

describe.each([
  ['in the calling thread', () => createInThreadRecovery()],
  ['one thread', () => createRecoveryPool({ threads: 1 })],
  ['two threads', () => createRecoveryPool({ threads: 2 })],
  ['no threads', () => createRecoveryPool({ threads: 0 })],
] as const)('%s', (_name, create) => {
  test('batches of any size, at the same time, with and without help', async () => {
    const recovery = create();
    open.push(recovery);
    const sizes = [0, 1, 3, 4, 99, 100, 101, inputs.length];
    const results = await Promise.all(
      sizes.map((size, index) => recovery.recover(inputs.slice(0, size), { isCallerHelping: index % 2 === 0 })),
    );
    expect(results).toEqual(sizes.map((size) => expected.slice(0, size)));
    expect(await recovery.recover(inputs.slice(-150))).toEqual(expected.slice(-150));
  });
});

test('a pool works in threads, and the calling thread helps only when told', async () => {
  const recovery = createRecoveryPool({ threads: 1 });
  open.push(recovery);
  expect(await recovery.recover(inputs)).toEqual(expected);
  expect(recovery.counts()).toEqual({ byThreads: inputs.length, byCaller: 0 });
  await recovery.recover(inputs, { isCallerHelping: true });
  expect(recovery.counts().byCaller).toBeGreaterThan(0);
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
