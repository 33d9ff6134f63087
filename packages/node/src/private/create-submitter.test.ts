import { createVirtualClock } from '@isoquorum/platform/memory/clock';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { isPrivateTransaction, transactionSender } from '@isoquorum/primitives/transaction/transaction';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NodePool } from '../pool/create-pool.ts';
import { createFakeManagers, type FakeManager } from '../testing/fake-managers.ts';
import { createTestChain, type TestChain } from '../testing/test-chain.ts';
import { createSubmitter } from './create-submitter.ts';
import type { TransactionSubmitter } from './submit.ts';

let test: TestChain;
let pool: NodePool;
let manager: FakeManager;
let other: FakeManager;
let submitter: TransactionSubmitter;
let from: Uint8Array;

beforeEach(async () => {
  test = await createTestChain();
  pool = test.createPool();
  await pool.start();
  [manager, other] = createFakeManagers(2, createVirtualClock()) as [FakeManager, FakeManager];
  submitter = createSubmitter({ chain: test.chain.reader, pool, manager, gasPrice: 0n, accountKeys: test.accountKeys });
  from = privateKeyToAddress(test.accountKeys[0]!);
});

const data = Uint8Array.of(0x60, 0x00);
const failure = async (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => 'accepted',
    (error: Error) => error.message,
  );

describe('sending', () => {
  it('puts the digest in place of the payload, and signs as private', async () => {
    const hash = await submitter.sendTransaction({ from, data, gas: 90_000n, privateFor: [other.key] });
    const transaction = pool.get(hash)!;
    expect(isPrivateTransaction(transaction)).toBe(true);
    expect(transaction.data.length).toBe(64);
    expect(transactionSender(transaction, 1337n)).toEqual(from);
    expect((await other.receive(transaction.data))!.payload).toEqual(data);
    expect((await submitter.payload(transaction.data))!.payload).toEqual(data);
  });

  it('gives nonces of their own to transactions that come together', async () => {
    const hashes = await Promise.all(
      Array.from({ length: 20 }, () =>
        submitter.sendTransaction({ from, data, gas: 90_000n, privateFor: [other.key] }),
      ),
    );
    const nonces = hashes.map((hash) => Number(pool.get(hash)!.nonce));
    expect(nonces.toSorted((left, right) => left - right)).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  it('says what GoQuorum says', async () => {
    const stranger = new Uint8Array(20).fill(3);
    expect(await failure(submitter.sendTransaction({ from: stranger, data }))).toBe('unknown account');
    expect(await failure(submitter.sendTransaction({ from, data, gas: 90_000n, privateFor: ['nobody'] }))).toBe(
      '404 status: Recipient not found for key: nobody',
    );
    expect(await failure(submitter.sendTransaction({ from, data, gas: 90_000n, value: 1n, privateFor: [] }))).toBe(
      'ether value is not supported for private transactions',
    );
    manager.isReachable = false;
    expect(await failure(submitter.sendTransaction({ from, data, gas: 90_000n, privateFor: [] }))).toBe(
      'connection refused',
    );
    const none = createSubmitter({
      chain: test.chain.reader,
      pool,
      manager: undefined,
      gasPrice: 0n,
      accountKeys: test.accountKeys,
    });
    expect(await failure(none.sendTransaction({ from, data, privateFor: [] }))).toBe(
      'private transaction manager is not in use',
    );
    expect(await failure(none.payload(new Uint8Array(64)))).toBe('PrivateTransactionManager is not enabled');
    expect(pool.status()).toEqual({ pending: 0, queued: 0 });
  });

  it('fills without sending: the payload is stored, v is 37', async () => {
    const filled = await submitter.fillTransaction({ from, data, gas: 90_000n, privateFor: [other.key] });
    expect(filled).toMatchObject({ v: 37n, r: 0n, s: 0n, nonce: 0n });
    expect(await other.receive(filled.data)).toBeUndefined();
    expect((await manager.receiveRaw(filled.data))!.payload).toEqual(data);
  });

  it('distributes a stored payload when its envelope is sent raw', async () => {
    const digest = await manager.storeRaw(data);
    const envelope = await submitter.signTransaction({ from, data: digest, gas: 90_000n, privateFor: [other.key] });
    const hash = await submitter.sendRawPrivateTransaction(envelope, { privateFor: [other.key] });
    expect(bytesToHex(pool.get(hash)!.data)).toBe(bytesToHex(digest));
    expect((await other.receive(digest))!.payload).toEqual(data);
    expect(await failure(submitter.sendRawPrivateTransaction(envelope, {}))).toBe('transaction is not private');
  });
});
