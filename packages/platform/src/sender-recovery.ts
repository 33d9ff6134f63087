import type { Address } from '@isoquorum/primitives/bytes';
import {
  knownTransactionSender,
  type RecoveryInput,
  rememberTransactionSender,
  type Transaction,
  transactionRecoveryInput,
} from '@isoquorum/primitives/transaction/transaction';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { recoverIdentities, recoverOne } from './recovery-job.ts';

/** Recovery of a list of transactions that goes on elsewhere, where there is an elsewhere. */
export interface PendingRecovery {
  /**
   * Resolves when hash and sender of each transaction are remembered on it (senders that cannot be recovered are left to
   * `transactionSender`, which says why). The calling thread works too while it would wait.
   */
  finish(): Promise<void>;
}

/** Recovers signers of many signatures, somewhere else where possible. Results do not depend on where. */
export interface SenderRecovery {
  /** Addresses in order; `undefined` where no key recovers. */
  recover(batch: readonly RecoveryInput[]): Promise<readonly (Address | undefined)[]>;
  /**
   * Begins with the transactions of a block that is needed later: for imports, which look ahead.
   * @param chainId as the argument of `transactionSender`
   */
  begin(transactions: readonly Transaction[], chainId: bigint | undefined): PendingRecovery;
  close(): Promise<void>;
}

/** Recovers in the calling thread. */
export function createInThreadRecovery(): SenderRecovery {
  return {
    recover: async (batch) => batch.map(recoverOne),
    begin: (transactions, chainId) => ({
      finish: async () => recoverIdentities(transactions, chainId),
    }),
    close: async () => {},
  };
}

/**
 * Recovers and remembers the senders of transactions, so that `transactionSender` answers at once. Transactions whose
 * signature or chain id is not acceptable are left alone: `transactionSender` says why.
 * @param chainId as the argument of `transactionSender`
 */
export async function recoverSenders(
  recovery: SenderRecovery,
  transactions: readonly Transaction[],
  chainId: bigint | undefined,
): Promise<void> {
  const waiting: Transaction[] = [];
  const inputs: RecoveryInput[] = [];
  for (const transaction of transactions) {
    if (knownTransactionSender(transaction, chainId) !== undefined) continue;
    try {
      inputs.push(transactionRecoveryInput(transaction, chainId));
    } catch (error) {
      if (isIsoquorumError(error)) continue;
      throw error;
    }
    waiting.push(transaction);
  }
  if (inputs.length === 0) return;
  const senders = await recovery.recover(inputs);
  waiting.forEach((transaction, index) => {
    const sender = senders[index];
    if (sender !== undefined) rememberTransactionSender(transaction, chainId, sender);
  });
}
