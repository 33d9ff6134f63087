import type { Address } from '@isoquorum/primitives/bytes';
import { type Transaction, transactionSender } from '@isoquorum/primitives/transaction/transaction';

/**
 * Recovers senders of many transactions at once and remembers them on the transactions, so that `transactionSender` answers from
 * memory afterwards. Signatures that cannot be recovered are left to fail there.
 */
export type RecoverSenders = (transactions: readonly Transaction[], chainId: bigint | undefined) => Promise<void>;

/** How many are recovered before other work gets its turn. */
const sliceLength = 32;

/** On this thread, in slices. */
export const recoverSendersHere: RecoverSenders = async (transactions, chainId) => {
  for (let start = 0; start < transactions.length; start += sliceLength) {
    for (const transaction of transactions.slice(start, start + sliceLength)) tryRecover(transaction, chainId);
    if (start + sliceLength < transactions.length) await Promise.resolve();
  }
};

function tryRecover(transaction: Transaction, chainId: bigint | undefined): Address | undefined {
  try {
    return transactionSender(transaction, chainId);
  } catch {
    return undefined;
  }
}
