import fc from 'fast-check';
import type { Header } from '../header.ts';
import type { Log } from '../log.ts';
import type { RlpItem } from '../rlp.ts';
import type { Receipt } from '../receipt.ts';
import type { Transaction } from '../transaction/transaction.ts';

export const bytesOf = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
export const anyBytes: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 120 });
const uint = (bits: number): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });

export const rlpItems: fc.Arbitrary<RlpItem> = fc.letrec<{ item: RlpItem }>((tie) => ({
  item: fc.oneof({ maxDepth: 5 }, anyBytes, bytesOf(60), bytesOf(1), fc.array(tie('item'), { maxLength: 6 })),
})).item;

const base = {
  nonce: uint(64),
  gasPrice: uint(256),
  gasLimit: uint(64),
  to: fc.option(bytesOf(20), { nil: undefined }),
  value: uint(256),
  data: anyBytes,
  v: fc.oneof(fc.constantFrom(0n, 27n, 28n, 37n, 38n, 2709n), uint(256)),
  r: uint(256),
  s: uint(256),
};

export const transactions: fc.Arbitrary<Transaction> = fc.oneof(
  fc.record({ type: fc.constant(0 as const), ...base }),
  fc.record({
    type: fc.constant(1 as const),
    ...base,
    chainId: uint(256),
    accessList: fc.array(fc.record({ address: bytesOf(20), storageKeys: fc.array(bytesOf(32), { maxLength: 3 }) }), {
      maxLength: 3,
    }),
  }),
);

export const headers: fc.Arbitrary<Header> = fc.record({
  parentHash: bytesOf(32),
  uncleHash: bytesOf(32),
  coinbase: bytesOf(20),
  stateRoot: bytesOf(32),
  transactionsRoot: bytesOf(32),
  receiptsRoot: bytesOf(32),
  logsBloom: bytesOf(256),
  difficulty: uint(256),
  number: fc.maxSafeNat(),
  gasLimit: uint(64),
  gasUsed: uint(64),
  timestamp: uint(64),
  extraData: anyBytes,
  mixHash: bytesOf(32),
  nonce: bytesOf(8),
});

export const logs: fc.Arbitrary<Log> = fc.record({
  address: bytesOf(20),
  topics: fc.array(bytesOf(32), { maxLength: 4 }),
  data: anyBytes,
});

const outcome: fc.Arbitrary<Pick<Receipt, 'status' | 'postState'>> = fc.oneof(
  fc.record({ status: fc.constantFrom(0 as const, 1 as const), postState: fc.constant(undefined) }),
  fc.record({ status: fc.constant(undefined), postState: bytesOf(32) }),
);

/** The part of a receipt that is stored, with and without private receipts and revert reasons. */
export const storedReceipts = fc
  .record({
    outcome,
    cumulativeGasUsed: uint(64),
    logs: fc.array(logs, { maxLength: 3 }),
    revertReason: fc.option(fc.uint8Array({ minLength: 1, maxLength: 40 }), { nil: undefined }),
  })
  .map(({ outcome: result, revertReason, ...rest }) => ({
    ...rest,
    ...result,
    ...(revertReason === undefined ? {} : { revertReason }),
  }));
