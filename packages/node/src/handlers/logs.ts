import { isMarkerTransaction } from '@isoquorum/execution/transition/marker';
import { bloomMayContain } from '@isoquorum/primitives/bloom';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { Log } from '@isoquorum/primitives/log';
import type { Receipt } from '@isoquorum/primitives/receipt';
import { isPrivateTransaction, transactionHash } from '@isoquorum/primitives/transaction/transaction';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { FilterCriteria } from '@isoquorum/rpc/jsonrpc/parameters/filter-criteria';
import { logToJson, type LogJson } from '@isoquorum/rpc/jsonrpc/shapes/log';
import type { ChainBlock } from '../chain/chain.ts';
import { numberOf } from './blocks.ts';
import type { HandlerContext } from './context.ts';

/** Which logs are wanted, without the range of blocks. */
export type LogMatcher = Pick<FilterCriteria, 'addresses' | 'topics'>;

/** An answer holds no more; the original has no limit. */
const LOGS_MAX = 100_000;
/** So many blocks are looked at before others get their turn. */
const BLOCKS_AT_ONCE = 512;

/** Whether a log is wanted: its address is listed or none is, and each position of topics matches. */
export function matchesLog(log: Log, matcher: LogMatcher): boolean {
  if (matcher.addresses.length > 0 && !matcher.addresses.some((address) => bytesEqual(address, log.address)))
    return false;
  if (matcher.topics.length > log.topics.length) return false;
  return matcher.topics.every((wanted, position) => {
    const topic = log.topics[position];
    return wanted.length === 0 || (topic !== undefined && wanted.some((candidate) => bytesEqual(candidate, topic)));
  });
}

/** False: certainly no log of the bloom is wanted. */
export function bloomMayMatch(bloom: Uint8Array, matcher: LogMatcher): boolean {
  if (matcher.addresses.length > 0 && !matcher.addresses.some((address) => bloomMayContain(bloom, address)))
    return false;
  return matcher.topics.every((wanted) => wanted.length === 0 || wanted.some((topic) => bloomMayContain(bloom, topic)));
}

/** Receipts of a block as the private state sees them. @throws PRIVATE_STATE_BEHIND when it holds private transactions not yet executed there */
export function receiptsOf(context: HandlerContext, located: ChainBlock, psi: string): readonly Receipt[] {
  const { chain } = context;
  const merged = chain.mergedReceipts(located.hash, psi);
  if (merged !== undefined) return merged;
  if (hasPrivatePart(located)) chain.privateStateRoot(located.hash, psi);
  return chain.publicReceipts(located.hash) ?? [];
}

/** How a block's logs are shown. */
export interface LogView {
  readonly psi: string;
  /**
   * With several private states the original counts public logs for themselves and private ones among all that the state sees; with one
   * it counts all together.
   */
  readonly isCountedApart: boolean;
  /** Which of them; all unless told. */
  readonly part?: 'public' | 'private';
  /** The block is no longer canonical. */
  readonly removed?: boolean;
}

/** How the logs of a caller's private state are shown. */
export function logViewOf(context: HandlerContext, psi: string): LogView {
  return { psi, isCountedApart: context.groups !== undefined };
}

/** Whether a block holds anything that only a private state can tell: private transactions, markers. */
export function hasPrivatePart({ block }: ChainBlock): boolean {
  return block.transactions.some(
    (transaction) => isPrivateTransaction(transaction) || isMarkerTransaction(transaction),
  );
}

/** A log and its number in the block. */
export interface CountedLog {
  readonly log: Log;
  readonly transactionIndex: number;
  readonly logIndex: number;
  readonly isPrivate: boolean;
}

/**
 * The logs of a block: those of its transactions in order, then those inside markers. As in the original, the latter are numbered from
 * where their marker stands and count for nothing else.
 */
export function* countLogs(
  { block }: ChainBlock,
  receipts: readonly Receipt[],
  { psi, isCountedApart }: LogView,
): Generator<CountedLog> {
  const inner: CountedLog[] = [];
  let all = 0;
  let open = 0;
  for (const [transactionIndex, receipt] of receipts.entries()) {
    const transaction = block.transactions[transactionIndex];
    if (transaction === undefined) return;
    const isPrivate = isPrivateTransaction(transaction);
    for (const log of receipt.logs) {
      yield { log, transactionIndex, logIndex: isCountedApart && !isPrivate ? open : all, isPrivate };
      all += 1;
      if (!isPrivate) open += 1;
    }
    for (const [position, log] of (receipt.privateReceipts?.get(psi)?.logs ?? []).entries())
      inner.push({ log, transactionIndex, logIndex: all + position, isPrivate: true });
  }
  yield* inner;
}

/** Wanted logs among the receipts of a block, in JSON. */
export function logsOfReceipts(
  located: ChainBlock,
  receipts: readonly Receipt[],
  matcher: LogMatcher,
  view: LogView,
): LogJson[] {
  const { block, hash } = located;
  const found: LogJson[] = [];
  for (const { log, transactionIndex, logIndex, isPrivate } of countLogs(located, receipts, view)) {
    const transaction = block.transactions[transactionIndex];
    if (transaction === undefined || !matchesLog(log, matcher)) continue;
    if (view.part !== undefined && isPrivate !== (view.part === 'private')) continue;
    found.push(
      logToJson(log, {
        blockNumber: block.header.number,
        blockHash: hash,
        transactionHash: transactionHash(transaction),
        transactionIndex,
        logIndex,
        removed: view.removed ?? false,
      }),
    );
  }
  return found;
}

function pause(context: HandlerContext): Promise<void> {
  return new Promise((resolve) => {
    context.clock.setTimer(0, resolve);
  });
}

/**
 * `eth_getLogs`: of one block, or of a range that ends at the head at the latest.
 * @throws RpcError `unknown block`; TOO_MANY_LOGS; PRIVATE_STATE_BEHIND
 */
export async function findLogs(context: HandlerContext, criteria: FilterCriteria, psi: string): Promise<LogJson[]> {
  const { chain } = context;
  const view = logViewOf(context, psi);
  if (criteria.blockHash !== undefined) {
    const located = chain.blockByHash(criteria.blockHash);
    if (located === undefined) throw new RpcError(SERVER_ERROR, 'unknown block');
    return logsOfReceipts(located, receiptsOf(context, located, psi), criteria, view);
  }
  const from = numberOf(context, criteria.fromBlock ?? 'latest');
  const to = Math.min(numberOf(context, criteria.toBlock ?? 'latest'), chain.headNumber());
  const executed = chain.privateHead(psi).number;
  const found: LogJson[] = [];
  for (let number = from; number <= to; number += 1) {
    if ((number - from) % BLOCKS_AT_ONCE === BLOCKS_AT_ONCE - 1) await pause(context);
    const bloom = chain.bloom(number, psi);
    // Behind the private head the bloom lacks private logs: the block itself says whether there can be any.
    if (number <= executed && bloom !== undefined && !bloomMayMatch(bloom, criteria)) continue;
    const located = chain.blockByNumber(number);
    if (located === undefined || located.block.transactions.length === 0) continue;
    found.push(...logsOfReceipts(located, receiptsOf(context, located, psi), criteria, view));
    if (found.length > LOGS_MAX) {
      throw new IsoquorumError('TOO_MANY_LOGS', `more than ${LOGS_MAX} logs match: ask for fewer blocks`, {
        limit: LOGS_MAX,
        blockNumber: number,
      });
    }
  }
  return found;
}
