import type { Address } from '@isoquorum/primitives/bytes';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { publicKeyToAddress, recoverPublicKeyFromBytes } from '@isoquorum/primitives/secp256k1';
import {
  knownTransactionSender,
  type RecoveryInput,
  rememberTransactionSender,
  type Transaction,
  transactionRecoveryInput,
} from '@isoquorum/primitives/transaction/transaction';

export interface RecoveryOptions {
  /** True: the calling thread works on the batch too, in slices of about 100; for imports, which have nothing else to do. */
  readonly isCallerHelping?: boolean;
}

/** Recovers signers of many signatures, somewhere else where possible. */
export interface SenderRecovery {
  /** Addresses in order; `undefined` where no key recovers. */
  recover(batch: readonly RecoveryInput[], options?: RecoveryOptions): Promise<readonly (Address | undefined)[]>;
  close(): Promise<void>;
}

/** One signer, or `undefined`. */
export function recoverOne(input: RecoveryInput): Address | undefined {
  try {
    return publicKeyToAddress(recoverPublicKeyFromBytes(input.digest, input.signature, input.recoveryId));
  } catch (error) {
    if (isIsoquorumError(error, 'SIGNATURE_INVALID')) return undefined;
    throw error;
  }
}

/** Recovers in the calling thread. */
export function createInThreadRecovery(): SenderRecovery {
  return { recover: async (batch) => batch.map(recoverOne), close: async () => {} };
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
  options?: RecoveryOptions,
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
  const senders = await recovery.recover(inputs, options);
  waiting.forEach((transaction, index) => {
    const sender = senders[index];
    if (sender !== undefined) rememberTransactionSender(transaction, chainId, sender);
  });
}
