import type { Address } from '@isoquorum/primitives/bytes';
import type { Transaction } from '@isoquorum/primitives/transaction/transaction';

/**
 * Asked wherever permissions can matter: pool, import, connection (decision 19). File, contract and token permissions plug
 * in here and nowhere else. An answer is `undefined` (go on) or why not.
 */
export interface AccessPolicy {
  /** A transaction offered to the pool. */
  mayTransact(transaction: Transaction, sender: Address): string | undefined;
  /** A transaction inside a block that is being built or imported on the given parent. */
  mayExecute(transaction: Transaction, sender: Address, blockNumber: number): string | undefined;
}

export const openAccess: AccessPolicy = {
  mayTransact: () => undefined,
  mayExecute: () => undefined,
};
