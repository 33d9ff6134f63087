import { privacyPrecompileAddress } from '@isoquorum/execution/evm/precompile-range';
import { blockHash } from '@isoquorum/primitives/block';
import type { Transaction } from '@isoquorum/primitives/transaction/transaction';
import { signTransaction, transactionHash } from '@isoquorum/primitives/transaction/transaction';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { beforeEach, describe, expect, it } from 'vitest';
import { createTestChain, type TestChain } from '../testing/test-chain.ts';
import type { NodePool } from './create-pool.ts';
import type { PoolEvent } from './pool.ts';

let test: TestChain;
let pool: NodePool;
let events: PoolEvent[];

beforeEach(async () => {
  test = await createTestChain();
  pool = test.createPool();
  await pool.start();
  events = [];
  pool.onEvent((event) => void events.push(event));
});

const refusal = async (transaction: Transaction, origin: 'local' | 'remote' = 'local'): Promise<string> => {
  try {
    await pool.add(transaction, origin);
    return 'accepted';
  } catch (error) {
    return (error as Error).message;
  }
};
const pendingCount = (): number =>
  events.flatMap((event) => (event.type === 'pending' ? event.transactions : [])).length;

describe('refusals have the texts of GoQuorum', () => {
  it('already known', async () => {
    await pool.add(test.transfer(0, 0), 'local');
    expect(await refusal(test.transfer(0, 0))).toBe('already known');
  });
  it('nonce too low', async () => {
    await test.addBlock([test.transfer(0, 0)]);
    expect(await refusal(test.transfer(0, 0, { value: 2n }))).toBe('nonce too low');
  });
  it('gas price not zero', async () => {
    expect(await refusal(test.transfer(0, 0, { gasPrice: 1n }))).toBe('Gas price not 0');
  });
  it('insufficient funds', async () => {
    expect(await refusal(test.transfer(0, 0, { value: 10n ** 30n }))).toBe(
      'insufficient funds for gas * price + value',
    );
  });
  it('exceeds block gas limit', async () => {
    expect(await refusal(test.transfer(0, 0, { gasLimit: 10n ** 12n }))).toBe('exceeds block gas limit');
  });
  it('intrinsic gas too low', async () => {
    expect(await refusal(test.transfer(0, 0, { gasLimit: 20_999n }))).toBe('intrinsic gas too low');
  });
  it('oversized data', async () => {
    expect(await refusal(test.transfer(0, 0, { data: new Uint8Array(64 * 1024), gasLimit: 700_000_000n }))).toBe(
      'oversized data',
    );
  });
  it('value in, or nothing in, a private transaction', async () => {
    const text = 'ether value is not supported for private transactions';
    const fields = {
      type: 0 as const,
      nonce: 0n,
      gasPrice: 0n,
      gasLimit: 90_000n,
      to: undefined,
      data: new Uint8Array(64),
    };
    const key = test.accountKeys[0]!;
    expect(await refusal(signTransaction({ ...fields, value: 1n }, key, { isPrivate: true }))).toBe(text);
    expect(
      await refusal(signTransaction({ ...fields, value: 0n, data: new Uint8Array(0) }, key, { isPrivate: true })),
    ).toBe(text);
  });
  it('value in a privacy marker, once there are any', async () => {
    const fields = {
      type: 0 as const,
      nonce: 0n,
      gasPrice: 0n,
      gasLimit: 90_000n,
      to: privacyPrecompileAddress,
      value: 1n,
      data: new Uint8Array(64),
    };
    const marker = signTransaction(fields, test.accountKeys[0]!, { chainId: 1337n });
    expect(await refusal(marker)).toBe('accepted');
    test = await createTestChain({ config: { privacyPrecompileBlock: 0 } });
    pool = test.createPool();
    await pool.start();
    expect(await refusal(marker)).toBe('ether value is not supported for privacy marker transactions');
  });
  it('another chain id', async () => {
    const fields = {
      type: 0 as const,
      nonce: 0n,
      gasPrice: 0n,
      gasLimit: 21_000n,
      to: new Uint8Array(20),
      value: 0n,
      data: new Uint8Array(0),
    };
    expect(await refusal(signTransaction(fields, test.accountKeys[0]!, { chainId: 5n }))).toBe(
      'invalid chain id for signer',
    );
  });
  it('a signature that nobody made', async () => {
    expect(await refusal({ ...test.transfer(0, 0), r: 0n })).toBe('invalid sender');
  });
  it('a replacement that pays no more', async () => {
    await pool.add(test.transfer(0, 0), 'local');
    expect(await refusal(test.transfer(0, 0, { value: 5n }))).toBe('replacement transaction underpriced');
  });
  it('an access-list transaction before Berlin', async () => {
    const fields = {
      type: 1 as const,
      chainId: 1337n,
      accessList: [],
      nonce: 0n,
      gasPrice: 0n,
      gasLimit: 30_000n,
      to: new Uint8Array(20),
      value: 0n,
      data: new Uint8Array(0),
    };
    expect(await refusal(signTransaction(fields, test.accountKeys[0]!))).toBe('transaction type not supported');
  });
  it('a policy that denies the account', async () => {
    pool = test.createPool({ access: { mayTransact: () => 'no', mayExecute: () => undefined } });
    expect(await refusal(test.transfer(0, 0))).toBe('account does not have permission for the transaction');
  });
});

describe('pending and queued', () => {
  it('a gap keeps transactions back until it is filled', async () => {
    await pool.add(test.transfer(0, 2), 'local');
    await pool.add(test.transfer(0, 1), 'local');
    expect(pool.status()).toEqual({ pending: 0, queued: 2 });
    expect(pendingCount()).toBe(0);
    await pool.add(test.transfer(0, 0), 'local');
    expect(pool.status()).toEqual({ pending: 3, queued: 0 });
    expect(pendingCount()).toBe(3);
    expect(pool.pendingNonce(privateKeyToAddress(test.accountKeys[0]!))).toBe(3n);
  });

  it('mined ones leave, whoever mined them', async () => {
    for (let nonce = 0; nonce < 3; nonce++) await pool.add(test.transfer(0, nonce), 'local');
    await test.addBlock([test.transfer(0, 0), test.transfer(0, 1, { value: 9n })]);
    expect(pool.status()).toEqual({ pending: 1, queued: 0 });
    expect([...pool.candidates()].map(({ nonce }) => nonce)).toEqual([2n]);
  });

  it('dropping one keeps back those behind it', async () => {
    const transactions = [0, 1, 2].map((nonce) => test.transfer(0, nonce));
    await pool.addMany(transactions, 'local');
    pool.drop([transactions[1]!], 'test');
    expect(pool.status()).toEqual({ pending: 1, queued: 1 });
    expect(events.at(-1)).toMatchObject({ type: 'dropped', code: 'test' });
  });

  it('peers are bounded, own transactions are not', async () => {
    pool = test.createPool({ limits: { globalSlots: 2, globalQueue: 1, accountQueue: 1 } });
    const remote = await pool.addMany(
      [0, 1, 2].map((nonce) => test.transfer(0, nonce)),
      'remote',
    );
    expect(remote.map((result) => result instanceof Error)).toEqual([false, false, true]);
    const queued = await pool.addMany(
      [5, 6].map((nonce) => test.transfer(1, nonce)),
      'remote',
    );
    expect(queued.map((result) => result instanceof Error)).toEqual([false, true]);
    expect(await pool.add(test.transfer(0, 2), 'local')).toEqual(transactionHash(test.transfer(0, 2)));
  });

  it('a reorganisation brings transactions back', async () => {
    test = await createTestChain({
      forkChoice: (current, next) => (next.block.header.number > current.block.header.number ? 'head' : 'refuse'),
    });
    pool = test.createPool();
    await pool.start();
    const genesis = test.chain.tip();
    await test.addBlock([test.transfer(0, 0), test.transfer(1, 0)]);
    const other = await test.makeBlock([test.transfer(1, 0)], genesis, 2n);
    const applied = await test.executor.execute(other, blockHash(other), genesis);
    const side = { hash: blockHash(other), block: other };
    test.chain.blocks.putBlock(side, applied.receipts, []);
    await test.store.batch(applied.operations);
    await test.addBlock([], side);
    await new Promise((resolve) => setImmediate(resolve));
    expect(test.chain.reader.headNumber()).toBe(2);
    expect([...pool.candidates()].map((one) => transactionHash(one))).toEqual([transactionHash(test.transfer(0, 0))]);
  });
});

describe('the journal', () => {
  it('brings own transactions back after a restart, and forgets mined ones', async () => {
    await pool.add(test.transfer(0, 0), 'local');
    await pool.add(test.transfer(0, 1), 'local');
    await pool.add(test.transfer(1, 0), 'remote');
    await test.addBlock([test.transfer(0, 0)]);
    await test.chain.writes.flush();
    const again = await createTestChain({ store: test.store });
    const reopened = again.createPool();
    await reopened.start();
    expect([...reopened.candidates()].map(({ nonce }) => nonce)).toEqual([1n]);
  });
});

describe('transactions that come in one turn', () => {
  it('are taken in together, each with an answer of its own, and told of once', async () => {
    const calls = [0, 1, 2, 2].map((nonce) => pool.addSoon(test.transfer(0, nonce), 'local'));
    const settled = await Promise.allSettled(calls);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    expect(settled[3]).toMatchObject({ reason: { message: 'already known' } });
    expect(events.filter(({ type }) => type === 'pending')).toHaveLength(1);
    expect(pendingCount()).toBe(3);
  });

  it('a single one is in the pool before the turn is over', async () => {
    const adding = pool.add(test.transfer(0, 0), 'local');
    expect(pool.pendingNonce(privateKeyToAddress(test.accountKeys[0]!))).toBe(1n);
    await adding;
  });
});

describe('what is inside a privacy marker of ours', () => {
  const digest = (byte: number): Uint8Array => new Uint8Array(64).fill(byte);
  const marker = (byte: number, nonce = 0, changes: Partial<Transaction> = {}): Transaction =>
    test.transfer(0, nonce, {
      to: privacyPrecompileAddress,
      value: 0n,
      data: digest(byte),
      gasLimit: 30_000n,
      ...changes,
    });
  const inner = (nonce: bigint, gasLimit: bigint, value = 0n): Transaction =>
    signTransaction(
      { type: 0, nonce, gasPrice: 0n, gasLimit, to: new Uint8Array(20).fill(9), value, data: digest(200) },
      test.accountKeys[0]!,
      { isPrivate: true },
    );
  let insides: ReadonlyMap<number, () => Promise<Transaction | undefined>>;
  let asked: number[];

  beforeEach(async () => {
    await test.addBlock([test.transfer(0, 0)]);
    asked = [];
    pool.stop();
    pool = test.createPool({
      insideMarker: (one) => {
        const byte = one.data[0]!;
        asked.push(byte);
        return insides.get(byte)?.() ?? Promise.resolve(undefined);
      },
    });
    await pool.start();
    insides = new Map([
      [1, async () => inner(1n, 90_000n)],
      [2, async () => inner(0n, 90_000n)],
      [3, async () => inner(1n, 21_000n)],
      [4, async () => inner(1n, 90_000n, 5n)],
      [5, async () => inner(1n, 1n << 40n)],
    ]);
  });

  it('has to pass the checks too, as far as it is known', async () => {
    expect(await refusal(marker(2, 1))).toBe('nonce too low');
    expect(await refusal(marker(3, 1))).toBe('intrinsic gas too low');
    expect(await refusal(marker(4, 1), 'remote')).toBe('ether value is not supported for private transactions');
    expect(await refusal(marker(5, 1), 'remote')).toBe('exceeds block gas limit');
    expect(await refusal(marker(1, 1))).toBe('accepted');
    expect(await refusal(marker(99, 2))).toBe('accepted');
  });

  it('is not asked for when the marker is refused by itself, or known', async () => {
    await pool.add(marker(1, 1), 'local');
    expect(await refusal(marker(1, 1))).toBe('already known');
    expect(await refusal(marker(3, 0))).toBe('nonce too low');
    expect(await refusal(marker(3, 1, { gasLimit: 21_000n }))).toBe('intrinsic gas too low');
    expect(asked).toEqual([1]);
  });

  it('holds up markers only, and their answers stay in order', async () => {
    let tell: (inside: Transaction | undefined) => void = () => undefined;
    const told = new Promise<Transaction | undefined>((resolve) => {
      tell = resolve;
    });
    insides = new Map([[7, () => told]]);
    const adding = pool.addMany(
      [marker(7, 1), test.transfer(0, 2), test.transfer(1, 0), test.transfer(1, 0)],
      'remote',
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(pool.status()).toEqual({ pending: 1, queued: 1 });
    tell(undefined);
    const results = await adding;
    expect(results.map((result) => (result instanceof Error ? result.message : 'taken'))).toEqual([
      'taken',
      'taken',
      'taken',
      'already known',
    ]);
    expect([...pool.candidates()].filter(({ to }) => to !== undefined)).toHaveLength(3);
  });

  it('is not asked for again after a restart', async () => {
    await pool.add(marker(1, 1), 'local');
    await test.chain.writes.flush();
    asked.length = 0;
    const reopened = test.createPool({ insideMarker: async (one) => void asked.push(one.data[0]!) });
    await reopened.start();
    expect([[...reopened.candidates()].length, asked]).toEqual([1, []]);
  });
});
