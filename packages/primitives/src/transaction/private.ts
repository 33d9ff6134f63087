import type { EncryptedPayloadHash } from '../bytes.ts';
import type { LegacyTransaction, Transaction } from './types.ts';

/** True for a legacy transaction with V 37 or 38 (Quorum), whatever the chain id. */
export function isPrivateTransaction(transaction: Transaction): boolean {
  return transaction.type === 0 && (transaction.v === 37n || transaction.v === 38n);
}

/**
 * The transaction marked private: V 28 becomes 38, anything else 37 (so an unsigned one gets 37). Only a Homestead
 * signature (27/28) stays valid.
 */
export function setPrivate(transaction: LegacyTransaction): LegacyTransaction {
  return { ...transaction, v: transaction.v === 28n ? 38n : 37n };
}

/**
 * The encrypted payload hash that a private transaction carries as its data; `undefined` for a public transaction and
 * for data of another length than 64 bytes.
 */
export function privatePayloadHash(transaction: Transaction): EncryptedPayloadHash | undefined {
  return isPrivateTransaction(transaction) && transaction.data.length === 64 ? transaction.data : undefined;
}
