import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { Transaction } from '@isoquorum/primitives/transaction/transaction';

/** `local`: by our RPC, journaled, never evicted in favour of others. `remote`: by a peer. */
export type TransactionOrigin = 'local' | 'remote';

export interface PoolStatus {
  /** Executable now. */
  readonly pending: number;
  /** Behind a gap of nonces. */
  readonly queued: number;
}

/** Transactions of one sender in order of nonce. */
export type PoolContent = ReadonlyMap<string, readonly Transaction[]>;

export type PoolEvent =
  /** Transactions that became executable (what `newPendingTransactions` reports), in order. */
  | { readonly type: 'pending'; readonly transactions: readonly Transaction[] }
  /** Left the pool without being mined. */
  | { readonly type: 'dropped'; readonly transaction: Transaction; readonly code: string };

/** Transactions that wait for a block. */
export interface TransactionPool {
  /**
   * Validates, keeps, journals (when local) and announces a transaction; resolves with its hash once it is durable.
   * @throws IsoquorumError with GoQuorum's text: INVALID_SENDER `invalid sender`, ALREADY_KNOWN `already known`, NONCE_TOO_LOW `nonce too low`,
   * GAS_PRICE_NOT_ZERO `Gas price not 0`, INSUFFICIENT_FUNDS `insufficient funds for gas * price + value`,
   * PRIVATE_VALUE `ether value is not supported for private transactions`, OVERSIZED_DATA `oversized data`,
   * GAS_LIMIT `exceeds block gas limit`, INTRINSIC_GAS `intrinsic gas too low`, UNDERPRICED `transaction underpriced`,
   * REPLACEMENT_UNDERPRICED `replacement transaction underpriced`, TX_TYPE_NOT_SUPPORTED `transaction type not supported`,
   * POOL_FULL `txpool is full`, ACCOUNT_DENIED `account does not have permission for the transaction`
   */
  add(transaction: Transaction, origin: TransactionOrigin): Promise<Hash32>;
  /** As `add`, but what comes in one turn (the calls of a JSON-RPC batch) is taken in together, a moment later. @throws as `add` */
  addSoon(transaction: Transaction, origin: TransactionOrigin): Promise<Hash32>;
  /** The same for many, recovered in one batch; one result for each, in order: its hash or why not. */
  addMany(transactions: readonly Transaction[], origin: TransactionOrigin): Promise<readonly (Hash32 | Error)[]>;
  get(hash: Hash32): Transaction | undefined;
  has(hash: Hash32): boolean;
  /** Nonce for the sender's next transaction: after everything executable in the pool. */
  pendingNonce(sender: Address): bigint;
  status(): PoolStatus;
  /** Keys: sender as 0x + 40 lower-case hex. */
  pending(): PoolContent;
  queued(): PoolContent;
  onEvent(listener: (event: PoolEvent) => void): () => void;
}
