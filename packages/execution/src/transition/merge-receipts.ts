import { bytesToHex } from '@isoquorum/primitives/hex';
import type { Receipt } from '@isoquorum/primitives/receipt';

/**
 * The receipts as a party sees them: each private receipt in the place of the public one of the same transaction
 * (goquorum.md 3.3, one private state).
 */
export function mergeReceipts(
  publicReceipts: readonly Receipt[],
  privateReceipts: readonly Receipt[],
): readonly Receipt[] {
  if (privateReceipts.length === 0) return publicReceipts;
  const byHash = new Map(privateReceipts.map((receipt) => [bytesToHex(receipt.transactionHash), receipt]));
  return publicReceipts.map((receipt) => byHash.get(bytesToHex(receipt.transactionHash)) ?? receipt);
}
