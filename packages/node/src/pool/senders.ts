import {
  createInThreadRecovery,
  recoverSenders as recoverWith,
  type SenderRecovery,
} from '@isoquorum/platform/sender-recovery';
import type { Transaction } from '@isoquorum/primitives/transaction/transaction';

/**
 * Recovers senders of many transactions at once and remembers them on the transactions, so that `transactionSender` answers from
 * memory afterwards. Signatures that cannot be recovered are left to fail there.
 */
export type RecoverSenders = (transactions: readonly Transaction[], chainId: bigint | undefined) => Promise<void>;

/** By a pool of threads, or on this thread. */
export function createRecoverSenders(recovery: SenderRecovery = createInThreadRecovery()): RecoverSenders {
  return (transactions, chainId) => recoverWith(recovery, transactions, chainId);
}
