import type { Address, Hash32 } from '../bytes.ts';
import type { Transaction } from './types.ts';

/** What is remembered of a transaction object. */
export interface TransactionMemo {
  /** Consensus encoding (legacy: RLP; typed: type byte and RLP). */
  encoded?: Uint8Array;
  /** The encoded fields that are signed, without list header: a view into `encoded`. */
  signedFields?: Uint8Array;
  hash?: Hash32;
  sender?: Address;
  /** The chain id with which `sender` was checked. */
  senderChainId?: bigint | undefined;
}

const memos = new WeakMap<Transaction, TransactionMemo>();

export function memoOf(transaction: Transaction): TransactionMemo {
  let memo = memos.get(transaction);
  if (memo === undefined) {
    memo = {};
    memos.set(transaction, memo);
  }
  return memo;
}
