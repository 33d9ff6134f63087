import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import type { Transaction } from '@isoquorum/primitives/transaction/transaction';

/** The encrypted payload hash that GoQuorum reads from data: its last 64 bytes, zeros before shorter data. */
export function payloadHashOf(transaction: Pick<Transaction, 'data'>): EncryptedPayloadHash {
  const { data } = transaction;
  if (data.length === 64) return data;
  const digest = new Uint8Array(64);
  if (data.length > 64) digest.set(data.subarray(data.length - 64));
  else digest.set(data, 64 - data.length);
  return digest;
}
