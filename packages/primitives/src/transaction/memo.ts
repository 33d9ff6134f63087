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

/** Hands on the object that it is given, so that a class derived from it adds its private fields to that object. */
class Given {
  constructor(object: object) {
    return object;
  }
}

/**
 * A private field on transactions that others make: out of reach of copies by spread, of comparisons and of structured clones, as an entry
 * of a `WeakMap` would be, but found without a look-up, and without work for the garbage collector, which took 5 µs a transaction.
 */
class Remembering extends Given {
  readonly #memo: TransactionMemo = {};

  static memoOf(object: object): TransactionMemo {
    return #memo in object ? object.#memo : new Remembering(object).#memo;
  }
}

export function memoOf(transaction: Transaction): TransactionMemo {
  return Remembering.memoOf(transaction);
}
