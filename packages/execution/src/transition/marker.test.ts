import { createContractAddress } from '@isoquorum/primitives/address';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { bareHexToBytes, bytesToBareHex, bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import {
  type LegacyTransaction,
  type Transaction,
  transactionHash,
  transactionSender,
} from '@isoquorum/primitives/transaction/transaction';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { describe, expect, it } from 'vitest';
import { privacyPrecompileAddress } from '../evm/precompile-range.ts';
import { createTrieReader } from '../state/trie-reader.ts';
import { engines } from '../testing/engines.ts';
import { createSmallChain, otherKey, testSender, testTransaction } from '../testing/small-chain.ts';
import { applyPrivate } from './apply-private.ts';
import { decodeInnerTransaction, encodeInnerTransaction, innerTransactionOf } from './marker.ts';
import { runAsync } from './steps.ts';
import type { ApplyPrivateInput, PayloadResolution, TransitionOutcome, AppliedPrivate } from './types.ts';

const digest = (fill: number): Uint8Array => new Uint8Array(64).fill(fill);
const key = (fill: number): string => bytesToBareHex(digest(fill));
const contract = createContractAddress(testSender, 0n);
/** Creation code whose contract writes its call data's first word into slot 0. */
const writerCreation = bareHexToBytes('656000356000556000526006601af3');

const config = { privacyPrecompileBlock: 0 };
const inner = (fields: Parameters<typeof testTransaction>[0]): LegacyTransaction =>
  testTransaction({ isPrivate: true, ...fields }) as LegacyTransaction;
const marker = (nonce: bigint, fill: number): Transaction =>
  testTransaction({ nonce, to: privacyPrecompileAddress, data: digest(fill), gasLimit: 100_000n });
const payload = (bytes: Uint8Array): PayloadResolution => ({ type: 'payload', payload: bytes });

describe('what a marker holds', () => {
  it('is geth’s JSON (goquorum.md G5)', () => {
    const raw = {
      type: 0 as const,
      nonce: 3n,
      gasPrice: 0n,
      gasLimit: 0x47b760n,
      to: undefined,
      value: 0n,
      data: hexToBytes(
        '0x15b446504790aec35713ebf947490e8674a018958ced63841ebe1ffc447ce52f2c8654f6affb907d5a744606293f6e9f4cf4a210a44041b5ec3696e01d917f3a',
      ),
      v: 0x25n,
      r: 0x32d982ba0a48083821c0ff013119dce988205a2699485e7a4019911030bddabcn,
      s: 0x41870f25243701e4187bb24b69d71b711de6cac742445e0cef501d0705119f1an,
    };
    const decoded = decodeInnerTransaction(encodeInnerTransaction(raw));
    expect(decoded).toEqual(raw);
    expect(bytesToHex(transactionHash(decoded))).toBe(
      '0xbf71ea018f64b6449319b733baa188f5f1e6093306604004cf30d1688c940865',
    );
    expect(bytesToHex(transactionSender(decoded, undefined))).toBe('0xed9d02e382b34818e88b88a309c7fe71e65f419d');
  });

  it('is read as Go’s decoder reads: case of names, what follows, absent type and receiver', () => {
    const {
      type: _type,
      to: _to,
      ...rest
    } = JSON.parse(new TextDecoder().decode(encodeInnerTransaction(inner({ nonce: 1n, data: digest(7) })))) as Record<
      string,
      unknown
    >;
    const upper = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name.toUpperCase(), value]));
    expect(decodeInnerTransaction(utf8ToBytes(`  ${JSON.stringify(upper)} trailing`))).toEqual(
      inner({ nonce: 1n, data: digest(7) }),
    );
  });

  it('runs only for the sender and the nonce of its marker, and only when it is private', () => {
    const good = encodeInnerTransaction(inner({ nonce: 1n, data: digest(7) }));
    expect(innerTransactionOf(good, { nonce: 1n }, testSender)).toBeDefined();
    expect(innerTransactionOf(good, { nonce: 2n }, testSender)).toBeUndefined();
    expect(innerTransactionOf(good, { nonce: 1n }, new Uint8Array(20))).toBeUndefined();
    const stranger = encodeInnerTransaction(inner({ nonce: 1n, data: digest(7), key: otherKey }));
    expect(innerTransactionOf(stranger, { nonce: 1n }, testSender)).toBeUndefined();
    const open = encodeInnerTransaction(testTransaction({ nonce: 1n, data: digest(7) }) as LegacyTransaction);
    expect(innerTransactionOf(open, { nonce: 1n }, testSender)).toBeUndefined();
    expect(innerTransactionOf(utf8ToBytes('{}'), { nonce: 1n }, testSender)).toBeUndefined();
    expect(innerTransactionOf(utf8ToBytes('no JSON'), { nonce: 1n }, testSender)).toBeUndefined();
  });
});

describe.each(engines)('marker transactions, engine $name', ({ create }) => {
  const evm = create();

  async function run(
    transactions: readonly Transaction[],
    resolutions: readonly (readonly [string, PayloadResolution])[],
    more: Partial<ApplyPrivateInput> = {},
    moreConfig: object = {},
  ): Promise<{
    readonly chain: ReturnType<typeof createSmallChain>;
    readonly built: Awaited<ReturnType<ReturnType<typeof createSmallChain>['build']>>;
    readonly outcome: TransitionOutcome<AppliedPrivate>;
  }> {
    const chain = createSmallChain(evm, { config: { ...config, ...moreConfig } });
    const built = await chain.build(transactions);
    const outcome = await runAsync(
      applyPrivate({
        ...chain.context,
        header: built.header,
        author: chain.header.coinbase,
        psi: 'private',
        parentRoot: emptyTrieRoot,
        privateTransactions: built.applied.privateTransactions,
        resolutions: new Map(resolutions),
        ...more,
      }),
    );
    return { chain, built, outcome };
  }

  const done = (outcome: TransitionOutcome<AppliedPrivate>): AppliedPrivate => {
    if (outcome.status !== 'done') throw new Error(`needs ${JSON.stringify(outcome.needs)}`);
    return outcome.result;
  };

  const creation = inner({ nonce: 0n, data: digest(11) });
  const call = inner({ nonce: 1n, to: contract, data: digest(12) });
  const two = [marker(0n, 1), marker(1n, 2)];
  const known = [
    [key(1), payload(encodeInnerTransaction(creation))],
    [key(2), payload(encodeInnerTransaction(call))],
  ] as const;
  const inside = [
    [key(11), payload(writerCreation)],
    [key(12), payload(new Uint8Array(32).fill(9))],
  ] as const;

  it('asks for what is inside as soon as it is known, all in one go', async () => {
    const first = await run(two, []);
    expect(first.outcome).toEqual({ status: 'needs', needs: [{ type: 'payload', digests: [digest(1), digest(2)] }] });
    const second = await run(two, known);
    expect(second.outcome).toEqual({
      status: 'needs',
      needs: [{ type: 'payload', digests: [digest(11), digest(12)] }],
    });
  });

  it('runs both of two in one block, with a receipt of its own each (goquorum.md 14.2)', async () => {
    const { chain, built, outcome } = await run(two, [...known, ...inside]);
    const applied = done(outcome);
    const state = createTrieReader(chain.database, applied.stateRoot);
    expect(state.storage(contract, state.account(contract)!, 0n)).toBe(BigInt(`0x${'09'.repeat(32)}`));
    expect(applied.receipts).toMatchObject([
      {
        index: 0,
        isInner: true,
        receipt: { status: 1, cumulativeGasUsed: 0n, gasUsed: 0n, contractAddress: contract },
      },
      { index: 1, isInner: true, receipt: { status: 1, transactionHash: transactionHash(call) } },
    ]);
    // To everybody else two plain transactions to an address without account.
    const publicState = createTrieReader(chain.database, built.applied.stateRoot);
    expect(publicState.account(testSender)?.nonce).toBe(2n);
    expect(publicState.account(privacyPrecompileAddress)).toBeUndefined();
    expect(built.applied.receipts).toMatchObject([
      { status: 1, gasUsed: 21_000n + 64n * 16n, logs: [] },
      { status: 1, gasUsed: 21_000n + 64n * 16n, logs: [] },
    ]);
  });

  it('leaves nothing at strangers, and a bare account at who has the marker but not what is inside', async () => {
    const stranger: PayloadResolution = { type: 'notParty' };
    const none = done(
      (
        await run(two, [
          [key(1), stranger],
          [key(2), stranger],
        ])
      ).outcome,
    );
    expect([bytesToHex(none.stateRoot), none.receipts]).toEqual([bytesToHex(emptyTrieRoot), []]);
    const { chain, outcome } = await run(two, [...known, [key(11), stranger], [key(12), stranger]]);
    const half = createTrieReader(chain.database, done(outcome).stateRoot);
    expect(half.account(contract)).toMatchObject({ nonce: 1n, storageRoot: emptyTrieRoot });
    // With several private states it is not run at all without its payload.
    const isOwn = (): boolean => false;
    const shared = await run(two, [...known, ...inside], { isOwn });
    expect(bytesToHex(done(shared.outcome).stateRoot)).toBe(bytesToHex(emptyTrieRoot));
  });

  it('does nothing for an inner transaction that cannot run', async () => {
    const bad = [
      inner({ nonce: 0n, data: digest(11), gasLimit: 21_000n }),
      inner({ nonce: 0n, data: digest(11), gasPrice: 1n }),
      inner({ nonce: 0n, data: digest(11), value: 1n }),
      inner({ nonce: 5n, data: digest(11) }),
    ];
    for (const one of bad) {
      const resolutions = [[key(1), payload(encodeInnerTransaction(one))], ...inside] as const;
      const applied = done((await run([marker(0n, 1)], resolutions)).outcome);
      expect([bytesToHex(applied.stateRoot), applied.receipts]).toEqual([bytesToHex(emptyTrieRoot), []]);
    }
  });

  it('is refused in the order of the original, by price, flag, gas and value', async () => {
    const metadata = { affectedContracts: [], executionHash: undefined, managedParties: [] };
    const flagged = (privacyFlag: 1 | 3): PayloadResolution => ({
      type: 'payload',
      payload: writerCreation,
      metadata: { ...metadata, privacyFlag },
    });
    const runOne = async (fields: Partial<LegacyTransaction>, resolution: PayloadResolution, more: object) => {
      const one = inner({ nonce: 0n, data: digest(11), ...fields });
      const resolutions = [
        [key(1), payload(encodeInnerTransaction(one))],
        [key(11), resolution],
      ] as const;
      const next = [[key(2), payload(encodeInnerTransaction(inner({ nonce: 1n, data: digest(13) })))]] as const;
      const plain = [[key(13), payload(writerCreation)]] as const;
      const { outcome } = await run(two, [...resolutions, ...next, ...plain], {}, more);
      return done(outcome).receipts.map(({ index, receipt }) => [index, receipt.status]);
    };
    // Before privacy enhancements a flag is passed over, and what comes behind it runs.
    expect(await runOne({}, flagged(1), {})).toEqual([[1, 1]]);
    // With them flag 3 without a root fails with a receipt, even with too little gas; not with a price that gas does not have.
    const enhanced = { privacyEnhancementsBlock: 0 };
    expect(await runOne({ gasLimit: 21_000n }, flagged(3), enhanced)).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(await runOne({ gasPrice: 1n }, flagged(3), enhanced)).toEqual([[1, 1]]);
    expect(await runOne({ gasLimit: 21_000n }, flagged(1), enhanced)).toEqual([[1, 1]]);
  });

  it('is not looked into before its block, nor when a private transaction goes to the precompile', async () => {
    const chain = createSmallChain(evm, { config: { privacyPrecompileBlock: 100 } });
    expect((await chain.build([marker(0n, 1)])).applied.privateTransactions).toEqual([]);
    const hidden = testTransaction({ nonce: 0n, to: privacyPrecompileAddress, data: digest(1), isPrivate: true });
    const { outcome } = await run([hidden], [[key(1), payload(encodeInnerTransaction(creation))]]);
    expect(done(outcome).receipts).toMatchObject([{ index: 0, isInner: false, receipt: { status: 1 } }]);
  });

  it('with value can never be mined (goquorum.md 14.4)', async () => {
    const rich = { alloc: { [bytesToBareHex(testSender)]: { balance: '0x100' } }, config };
    const valued = testTransaction({ nonce: 0n, to: privacyPrecompileAddress, data: digest(1), value: 1n });
    const chain = createSmallChain(evm, rich);
    const built = await chain.build([valued]);
    expect(built.transactions).toEqual([]);
    expect(built.skipped[0]?.error.message).toBe('insufficient balance for transfer');
  });
});
