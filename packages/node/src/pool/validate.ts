import type { Address } from '@isoquorum/primitives/bytes';
import { rulesAt } from '@isoquorum/primitives/fork';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { isGasPriceEnabledAt, transactionSizeLimitAt } from '@isoquorum/primitives/genesis/rules-at';
import type { Header } from '@isoquorum/primitives/header';
import { isPrivateTransaction, type Transaction, transactionSize } from '@isoquorum/primitives/transaction/transaction';
import { isExecutedMarker } from '@isoquorum/execution/transition/marker';
import { intrinsicGas } from '@isoquorum/execution/transition/intrinsic-gas';
import type { AccessPolicy } from '../access-policy.ts';
import { poolError } from './errors.ts';

/** Nonce and balance of an account in the public state of the head. */
export interface SenderAccount {
  readonly nonce: number;
  readonly balance: bigint;
}

/** Everything a transaction is measured against. */
export interface PoolRules {
  readonly config: ChainConfig;
  readonly head: Header;
  readonly account: (address: Address) => SenderAccount;
  readonly access: AccessPolicy;
  /** Floor of the gas price, wei, where gas has a price. */
  readonly gasPriceMin: bigint;
}

/** What the sender may have to pay. */
export function transactionCost(transaction: Transaction): bigint {
  return transaction.value + transaction.gasLimit * transaction.gasPrice;
}

/** A transaction and who signed it. */
export interface SentTransaction {
  readonly transaction: Transaction;
  readonly sender: Address;
}

/**
 * The checks of goquorum.md 2.6, in that order; the sender is known already.
 * @param inside what is known to stand inside a privacy marker: it has to pass the same checks (goquorum.md 14.5). One inside that is a marker
 * itself never runs, and is not looked into
 * @throws PoolErrorCode
 */
export function validateTransaction(
  { transaction, sender }: SentTransaction,
  isLocal: boolean,
  rules: PoolRules,
  inside?: SentTransaction,
): void {
  const { config, head } = rules;
  const next = head.number + 1;
  const fork = rulesAt(config, next);
  if (transaction.type === 1 && !fork.isBerlin) throw poolError('TX_TYPE_NOT_SUPPORTED');
  const limitKb = transactionSizeLimitAt(config, head.number);
  if (transactionSize(transaction) > limitKb * 1024) throw poolError('OVERSIZED_DATA', { limitKb });
  if (transaction.gasLimit > head.gasLimit) throw poolError('GAS_LIMIT', { gasLimit: head.gasLimit.toString() });
  if (inside !== undefined) validateTransaction(inside, isLocal, rules);
  const isPriced = isGasPriceEnabledAt(config, next);
  const isPrivate = isPrivateTransaction(transaction);
  if (config.isQuorum) {
    if (!isPriced && transaction.gasPrice !== 0n) throw poolError('GAS_PRICE_NOT_ZERO');
    if (isPrivate && (transaction.data.length === 0 || transaction.value !== 0n)) throw poolError('PRIVATE_VALUE');
    // The original takes such a marker and can never mine it (goquorum.md 14.4).
    if (transaction.value !== 0n && isExecutedMarker(transaction, fork)) throw poolError('MARKER_VALUE');
  }
  const denied = rules.access.mayTransact(transaction, sender);
  if (denied !== undefined) throw poolError('ACCOUNT_DENIED', { reason: denied });
  if ((isPriced || !config.isQuorum) && !isLocal && transaction.gasPrice < rules.gasPriceMin)
    throw poolError('UNDERPRICED');
  const account = rules.account(sender);
  if (transaction.nonce < BigInt(account.nonce)) throw poolError('NONCE_TOO_LOW', { next: account.nonce });
  if (transaction.nonce > BigInt(Number.MAX_SAFE_INTEGER - 1)) throw poolError('NONCE_MAX');
  if (account.balance < transactionCost(transaction)) throw poolError('INSUFFICIENT_FUNDS');
  if (transaction.gasLimit < intrinsicGas(transaction, fork)) throw poolError('INTRINSIC_GAS');
}
