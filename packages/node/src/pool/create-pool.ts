import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { signerChainIdAt } from '@isoquorum/primitives/fork';
import { bytesToBareHex, bytesToHex } from '@isoquorum/primitives/hex';
import { isGasPriceEnabledAt } from '@isoquorum/primitives/genesis/rules-at';
import {
  knownTransactionSender,
  type Transaction,
  transactionHash,
  transactionSender,
} from '@isoquorum/primitives/transaction/transaction';
import type { StateDatabase } from '@isoquorum/execution/state/database';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import { isMarkerTransaction } from '@isoquorum/execution/transition/marker';
import type { Logger } from '@isoquorum/platform/logger';
import type { AccessPolicy } from '../access-policy.ts';
import type { Blockchain } from '../chain/blockchain.ts';
import type { ChainBlock } from '../chain/chain.ts';
import { candidates } from './candidates.ts';
import { poolError } from './errors.ts';
import { createJournal } from './journal.ts';
import { createPoolLimits, type PoolLimits } from './limits.ts';
import type { PoolContent, PoolEvent, TransactionOrigin, TransactionPool } from './pool.ts';
import { type PoolEntry, SenderQueue } from './sender-queue.ts';
import type { RecoverSenders } from './senders.ts';
import { type SenderAccount, type SentTransaction, transactionCost, validateTransaction } from './validate.ts';

/** What stands inside a privacy marker, as far as this node is a party to it and knows now. */
export type InsideMarker = (marker: Transaction, origin: TransactionOrigin) => Promise<Transaction | undefined>;

export interface PoolOptions {
  readonly chain: Blockchain;
  readonly database: StateDatabase;
  readonly recoverSenders: RecoverSenders;
  readonly access: AccessPolicy;
  readonly logger: Logger;
  readonly limits?: Partial<PoolLimits>;
  /** Absent: a stranger to all. */
  readonly insideMarker?: InsideMarker | undefined;
  /** Floor of the gas price for transactions of peers, wei, where gas has a price. */
  readonly gasPriceMin: bigint;
}

/** The pool as its node sees it. */
export interface NodePool extends TransactionPool {
  /** Executable transactions in the order in which a block takes them. */
  candidates(): Iterable<Transaction>;
  /** A builder found that these can never be mined. */
  drop(transactions: readonly Transaction[], reason: string): void;
  /** Takes in the journal and follows the chain. */
  start(): Promise<void>;
  stop(): void;
}

export function createPool(options: PoolOptions): NodePool {
  const { chain, database, logger } = options;
  const { reader } = chain;
  const { config } = reader;
  const limits = createPoolLimits(options.limits);
  const journal = createJournal(chain.store, chain.writes, logger);
  const listeners = new Set<(event: PoolEvent) => void>();
  const queues = new Map<string, SenderQueue>();
  const byHash = new Map<string, PoolEntry>();
  let gathered: { transaction: Transaction; origin: TransactionOrigin; settle: (result: Hash32 | Error) => void }[] =
    [];
  let arrivals = 0;
  let pendingTotal = 0;
  let accounts = new Map<string, SenderAccount>();
  let state = createTrieReader(database, reader.head().block.header.stateRoot);
  let cancelListening: (() => void) | undefined;

  function emit(event: PoolEvent): void {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        logger.log('error', 'A listener of the pool failed', { reason: String(error) });
      }
    }
  }

  function account(address: Address): SenderAccount {
    const text = bytesToBareHex(address);
    let found = accounts.get(text);
    if (found === undefined) {
      const stored = state.account(address);
      found = { nonce: Number(stored?.nonce ?? 0n), balance: stored?.balance ?? 0n };
      accounts.set(text, found);
    }
    return found;
  }

  function chainId(): bigint | undefined {
    return signerChainIdAt(config, reader.headNumber() + 1);
  }

  function senderOf(transaction: Transaction): Address {
    try {
      return transactionSender(transaction, chainId());
    } catch (error) {
      if (isIsoquorumError(error, 'TRANSACTION_CHAIN_ID_MISMATCH')) throw error;
      throw poolError('INVALID_SENDER');
    }
  }

  function forget(entry: PoolEntry): void {
    byHash.delete(entry.hash);
    const text = bytesToBareHex(entry.sender);
    if (queues.get(text)?.size === 0) queues.delete(text);
  }

  /** Changes a sender's queue, keeping the total of executable ones. */
  function change<T>(queue: SenderQueue, act: (queue: SenderQueue) => T): T {
    const before = queue.pendingCount;
    const result = act(queue);
    pendingTotal += queue.pendingCount - before;
    return result;
  }

  /** Hash and sender of a transaction that may come in. @throws PoolErrorCode */
  function check(
    transaction: Transaction,
    origin: TransactionOrigin,
    inside?: Transaction,
  ): SentTransaction & { readonly hash: string } {
    const hash = bytesToBareHex(transactionHash(transaction));
    if (byHash.has(hash)) throw poolError('ALREADY_KNOWN', { hash: `0x${hash}` });
    const sent = { transaction, sender: senderOf(transaction), hash };
    const rules = {
      config,
      head: reader.head().block.header,
      account,
      access: options.access,
      gasPriceMin: options.gasPriceMin,
    };
    const inner = inside && { transaction: inside, sender: senderOf(inside) };
    validateTransaction(sent, origin === 'local', rules, inner);
    return sent;
  }

  /** Puts a transaction in its place; answers what became executable. @throws PoolErrorCode */
  function insert(
    transaction: Transaction,
    origin: TransactionOrigin,
    inside: Transaction | undefined,
  ): { entry: PoolEntry; promoted: PoolEntry[] } {
    const { hash, sender } = check(transaction, origin, inside);
    const isLocal = origin === 'local';
    const text = bytesToBareHex(sender);
    const queue = queues.get(text) ?? new SenderQueue(sender, account(sender).nonce);
    const nonce = Number(transaction.nonce);
    const old = queue.at(nonce);
    if (old !== undefined) {
      const least = (old.transaction.gasPrice * BigInt(100 + limits.priceBumpPercent)) / 100n;
      if (transaction.gasPrice <= old.transaction.gasPrice || transaction.gasPrice < least) {
        throw poolError('REPLACEMENT_UNDERPRICED');
      }
    } else if (!isLocal) {
      const refusal = limits.refusal({ queue, nonce, pendingTotal, total: byHash.size });
      if (refusal !== undefined) throw poolError(refusal);
    }
    const entry: PoolEntry = { transaction, hash, sender, nonce, origin, arrival: arrivals++ };
    queues.set(text, queue);
    const promoted = change(queue, () => queue.put(entry));
    byHash.set(hash, entry);
    if (old !== undefined) {
      byHash.delete(old.hash);
      journal.remove([old]);
      emit({ type: 'dropped', transaction: old.transaction, code: 'REPLACED' });
    }
    return { entry, promoted };
  }

  /** Recovers the senders of several together; of one, nothing is waited for. */
  function recoverTogether(transactions: readonly Transaction[]): Promise<void> | undefined {
    const id = chainId();
    const unknown = transactions.filter((transaction) => knownTransactionSender(transaction, id) === undefined);
    return unknown.length > 1 ? options.recoverSenders(unknown, id) : undefined;
  }

  /** What is inside a marker that could come in by itself; a manager is not asked for any other. */
  async function insideOf(transaction: Transaction, origin: TransactionOrigin): Promise<Transaction | undefined> {
    try {
      check(transaction, origin);
    } catch {
      return undefined;
    }
    return options.insideMarker?.(transaction, origin);
  }

  async function addMany(
    transactions: readonly Transaction[],
    origin: TransactionOrigin,
  ): Promise<readonly (Hash32 | Error)[]> {
    const markers = config.isQuorum && options.insideMarker ? transactions.filter(isMarkerTransaction) : [];
    if (markers.length === 0) return takeIn(transactions, origin);
    await recoverTogether(markers);
    const isAsked = new Set(markers);
    const others = transactions.filter((transaction) => !isAsked.has(transaction));
    // Others do not wait for the manager.
    const [results, insides] = await Promise.all([
      takeIn(others, origin),
      Promise.all(markers.map((marker) => insideOf(marker, origin))),
    ]);
    const markerResults = await takeIn(markers, origin, insides);
    const [left, right] = [results.values(), markerResults.values()];
    return transactions.map((one) => (isAsked.has(one) ? right : left).next().value as Hash32 | Error);
  }

  async function takeIn(
    transactions: readonly Transaction[],
    origin: TransactionOrigin,
    insides: readonly (Transaction | undefined)[] = [],
  ): Promise<readonly (Hash32 | Error)[]> {
    const recovering = recoverTogether(transactions);
    if (recovering !== undefined) await recovering;
    const results: (Hash32 | Error)[] = [];
    const pending: Transaction[] = [];
    const durable: Promise<void>[] = [];
    for (const [index, transaction] of transactions.entries()) {
      try {
        const { entry, promoted } = insert(transaction, origin, insides[index]);
        results.push(transactionHash(transaction));
        for (const one of promoted) pending.push(one.transaction);
        if (origin === 'local') durable.push(journal.add(entry));
      } catch (error) {
        results.push(error instanceof Error ? error : new Error(String(error)));
      }
    }
    // They are on their way to others and into a block while the journal is written; the answer waits for it.
    if (pending.length > 0) emit({ type: 'pending', transactions: pending });
    if (durable.length > 0) await Promise.all(durable);
    return results;
  }

  /** Single transactions that come in one turn (the calls of a JSON-RPC batch) are taken in together: one recovery, one write. */
  function addGathered(): void {
    const calls = gathered;
    gathered = [];
    for (const origin of ['local', 'remote'] as const) {
      const alike = calls.filter((call) => call.origin === origin);
      if (alike.length === 0) continue;
      addMany(
        alike.map(({ transaction }) => transaction),
        origin,
      ).then(
        (results) => {
          for (const [index, { settle }] of alike.entries()) settle(results[index] as Hash32 | Error);
        },
        (error: unknown) => {
          for (const { settle } of alike) settle(error instanceof Error ? error : new Error(String(error)));
        },
      );
    }
  }

  function removeEntry(entry: PoolEntry): void {
    const queue = queues.get(bytesToBareHex(entry.sender));
    if (queue !== undefined) change(queue, () => queue.remove(entry.nonce));
    forget(entry);
  }

  function drop(transactions: readonly Transaction[], reason: string): void {
    for (const transaction of transactions) {
      const entry = byHash.get(bytesToBareHex(transactionHash(transaction)));
      if (entry === undefined) continue;
      removeEntry(entry);
      journal.remove([entry]);
      logger.log('debug', 'A transaction was dropped', { hash: `0x${entry.hash}`, reason });
      emit({ type: 'dropped', transaction, code: reason });
    }
  }

  /** After a new head: what was mined leaves, what became executable is told, what nobody can pay for goes. */
  function revalidate(): void {
    const promoted: Transaction[] = [];
    const isPriced = isGasPriceEnabledAt(config, reader.headNumber() + 1);
    for (const queue of queues.values()) {
      const { nonce, balance } = account(queue.sender);
      const moved = change(queue, () => queue.rebase(nonce));
      for (const entry of moved.stale) forget(entry);
      journal.remove(moved.stale);
      for (const entry of moved.promoted) promoted.push(entry.transaction);
      if (!isPriced) continue;
      const costly = [...queue.pending()].filter(({ transaction }) => balance < transactionCost(transaction));
      drop(
        costly.map(({ transaction }) => transaction),
        'INSUFFICIENT_FUNDS',
      );
    }
    if (promoted.length > 0) emit({ type: 'pending', transactions: promoted });
  }

  function reset(added: readonly ChainBlock[], removed: readonly ChainBlock[]): void {
    accounts = new Map();
    state = createTrieReader(database, reader.head().block.header.stateRoot);
    revalidate();
    if (removed.length === 0) return;
    const mined = new Set(
      added.flatMap(({ block }) => block.transactions.map((one) => bytesToBareHex(transactionHash(one)))),
    );
    const returned = removed.flatMap(({ block }) => block.transactions);
    const lost = returned.filter((one) => !mined.has(bytesToBareHex(transactionHash(one))));
    takeIn(lost, 'local').catch((error: unknown) => {
      logger.log('warn', 'Transactions of a removed block could not be taken back', { reason: String(error) });
    });
  }

  function content(pick: (queue: SenderQueue) => Iterable<PoolEntry>): PoolContent {
    const map = new Map<string, readonly Transaction[]>();
    for (const queue of queues.values()) {
      const transactions = [...pick(queue)].map((entry) => entry.transaction);
      if (transactions.length > 0) map.set(bytesToHex(queue.sender), transactions);
    }
    return map;
  }

  return {
    async add(transaction, origin) {
      const [result] = await addMany([transaction], origin);
      if (result instanceof Error) throw result;
      return result as Hash32;
    },
    addSoon(transaction, origin) {
      return new Promise<Hash32>((resolve, reject) => {
        const settle = (result: Hash32 | Error): void => (result instanceof Error ? reject(result) : resolve(result));
        gathered.push({ transaction, origin, settle });
        if (gathered.length === 1) void Promise.resolve().then(addGathered);
      });
    },
    addMany,
    get: (hash) => byHash.get(bytesToBareHex(hash))?.transaction,
    has: (hash) => byHash.has(bytesToBareHex(hash)),
    pendingNonce(sender) {
      const queue = queues.get(bytesToBareHex(sender));
      return BigInt(queue === undefined ? account(sender).nonce : queue.nextNonce);
    },
    status: () => ({ pending: pendingTotal, queued: byHash.size - pendingTotal }),
    pending: () => content((queue) => queue.pending()),
    queued: () => content((queue) => queue.queued()),
    onEvent(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    candidates: () => candidates(queues.values()),
    drop,
    async start() {
      const journaled = await journal.load();
      const results = await takeIn(journaled, 'local');
      const refused = journaled.filter((_, index) => results[index] instanceof Error);
      const stale = refused.map((transaction) => ({
        transaction,
        hash: bytesToBareHex(transactionHash(transaction)),
        sender: new Uint8Array(20),
        nonce: Number(transaction.nonce),
        origin: 'local' as const,
        arrival: 0,
      }));
      journal.remove(stale);
      if (journaled.length > 0) {
        logger.log('info', 'Took in the journal of transactions', {
          kept: journaled.length - refused.length,
          dropped: refused.length,
        });
      }
      cancelListening = reader.onEvent((event) => {
        if (event.type === 'head') reset(event.added, event.removed);
      });
    },
    stop() {
      cancelListening?.();
    },
  };
}
