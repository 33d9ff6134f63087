import type { Address, Hash32 } from '../bytes.ts';

/**
 * Fields of every transaction. A transaction is immutable: hash, sender and encoding are remembered per object,
 * so make a changed one with a spread (`{ ...transaction, nonce }`), never by assignment.
 */
export interface TransactionBase {
  readonly nonce: bigint;
  /** Wei per unit of gas. */
  readonly gasPrice: bigint;
  readonly gasLimit: bigint;
  /** `undefined`: the transaction creates a contract. */
  readonly to: Address | undefined;
  /** Wei. */
  readonly value: bigint;
  readonly data: Uint8Array;
  /** Legacy: 27/28, 35 + 2 * chainId + recovery id (EIP-155), or 37/38 (private). Typed: recovery id. 0 when not signed. */
  readonly v: bigint;
  readonly r: bigint;
  readonly s: bigint;
}

export interface LegacyTransaction extends TransactionBase {
  readonly type: 0;
}

export interface AccessListEntry {
  readonly address: Address;
  readonly storageKeys: readonly Hash32[];
}

/** EIP-2930. */
export interface AccessListTransaction extends TransactionBase {
  readonly type: 1;
  readonly chainId: bigint;
  readonly accessList: readonly AccessListEntry[];
}

export type Transaction = LegacyTransaction | AccessListTransaction;

/** The fields before a signature is added. */
export type UnsignedTransaction =
  | Omit<LegacyTransaction, 'v' | 'r' | 's'>
  | Omit<AccessListTransaction, 'v' | 'r' | 's'>;
