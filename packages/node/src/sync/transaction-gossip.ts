import type { Address } from '@isoquorum/primitives/bytes';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import {
  decodeTransaction,
  encodeTransaction,
  type Transaction,
  transactionHash,
} from '@isoquorum/primitives/transaction/transaction';
import type { NetworkHost, Peer } from '@isoquorum/network/host';
import { TRANSACTIONS_PROTOCOL } from '@isoquorum/network/protocols';
import { decodeTransactionsFrame, encodeTransactionsFrame } from '@isoquorum/network/wire/transactions';
import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { TransactionPool } from '../pool/pool.ts';
import { createKnownHashes } from './known-hashes.ts';

/**
 * How long transactions gather before they are sent on, milliseconds: after a quiet moment not at all, a moment when there are few, longer under load, where
 * every frame costs each peer a wake-up, a decryption and a hand-over to its recovery threads.
 */
const gatherMs = 5;
const gatherManyMs = 40;
/** As many in one gathering are load. */
const many = 16;
/** How long a transaction of a validator waits before it is passed on to other validators, milliseconds. */
const patienceMs = 2_000;
/** How many bytes a frame carries at most. */
const frameBytesMax = 512 * 1024;

export interface TransactionGossipOptions {
  readonly host: NetworkHost;
  readonly pool: TransactionPool;
  readonly clock: Clock;
  readonly logger: Logger;
  /** They are connected to each other: what one of them sends, it sends to all. */
  readonly validators: () => readonly Address[];
}

/**
 * Sends executable transactions in full to every peer that does not have them, in batches. What comes from a validator goes on to
 * other validators only if it is still not mined after a while: nearly always they have it from the first. Returns its stop.
 */
export function startTransactionGossip(options: TransactionGossipOptions): () => void {
  const { host, pool, clock, logger } = options;
  const known = createKnownHashes(32_768);
  /** Transactions that a validator sent. */
  const spread = new WeakSet<Transaction>();
  let gathered: Transaction[] = [];
  let lastGathered = 0;
  let lastFlushMs = Number.NEGATIVE_INFINITY;
  let late: Transaction[] = [];
  let cancelTimer: (() => void) | undefined;
  let cancelLateTimer: (() => void) | undefined;

  function validatorKeys(): ReadonlySet<string> {
    return new Set(options.validators().map(bytesToBareHex));
  }

  function isAmong(peer: Peer, keys: ReadonlySet<string>): boolean {
    return peer.address !== undefined && keys.has(bytesToBareHex(peer.address));
  }

  host.onFrame(TRANSACTIONS_PROTOCOL, async (peer, frame) => {
    const transactions = decodeTransactionsFrame(frame).map((bytes) => decodeTransaction(bytes.slice()));
    const fresh: Transaction[] = [];
    for (const transaction of transactions) {
      const hash = transactionHash(transaction);
      known.mark(peer.id, hash);
      if (!pool.has(hash)) fresh.push(transaction);
    }
    if (fresh.length === 0) return;
    if (isAmong(peer, validatorKeys())) for (const transaction of fresh) spread.add(transaction);
    const results = await pool.addMany(fresh, 'remote');
    for (const result of results) {
      if (!(result instanceof Error)) continue;
      if (isIsoquorumError(result) && result.reaction === 'REJECT') throw result;
      // A single transaction of a page: say why not (the frame has no answer of its own).
      if (peer.role === 'browser' && results.length === 1 && !isIsoquorumError(result, 'ALREADY_KNOWN')) throw result;
    }
  });

  function sendTo(peer: Peer, transactions: readonly Transaction[]): void {
    let encoded: Uint8Array[] = [];
    let bytes = 0;
    const send = (): void => {
      const frame = encodeTransactionsFrame(encoded);
      host.send(peer.id, TRANSACTIONS_PROTOCOL, frame).catch((error: unknown) => {
        logger.log('debug', 'Transactions were not sent', { peer: peer.id, reason: String(error) });
      });
      encoded = [];
      bytes = 0;
    };
    for (const transaction of transactions) {
      if (!known.mark(peer.id, transactionHash(transaction))) continue;
      const item = encodeTransaction(transaction);
      encoded.push(item);
      bytes += item.length;
      if (bytes >= frameBytesMax || encoded.length >= 4096) send();
    }
    if (encoded.length > 0) send();
  }

  function flush(): void {
    cancelTimer = undefined;
    const transactions = gathered;
    gathered = [];
    lastGathered = transactions.length;
    lastFlushMs = clock.nowMs();
    const waiting = transactions.filter((transaction) => spread.has(transaction));
    const own = waiting.length === 0 ? transactions : transactions.filter((transaction) => !spread.has(transaction));
    const keys = validatorKeys();
    for (const peer of host.peers()) if (peer.role === 'node') sendTo(peer, isAmong(peer, keys) ? own : transactions);
    if (waiting.length === 0) return;
    for (const transaction of waiting) late.push(transaction);
    cancelLateTimer ??= clock.setTimer(patienceMs, flushLate);
  }

  /** What is still in the pool may not have reached everybody. */
  function flushLate(): void {
    cancelLateTimer = undefined;
    const transactions = late.filter((transaction) => pool.has(transactionHash(transaction)));
    late = [];
    for (const peer of host.peers()) if (peer.role === 'node') sendTo(peer, transactions);
  }

  const stopPool = pool.onEvent((event) => {
    if (event.type !== 'pending') return;
    for (const transaction of event.transactions) gathered.push(transaction);
    if (cancelTimer !== undefined) return;
    const delayMs = lastGathered >= many ? gatherManyMs : gatherMs;
    if (clock.nowMs() - lastFlushMs >= delayMs) flush();
    else cancelTimer = clock.setTimer(delayMs, flush);
  });
  const stopPeers = host.onPeer(({ type, peer }) => {
    if (type === 'disconnected') known.forget(peer.id);
    else if (peer.role === 'node') sendTo(peer, [...pool.pending().values()].flat());
  });
  return () => {
    cancelTimer?.();
    cancelLateTimer?.();
    stopPool();
    stopPeers();
  };
}
