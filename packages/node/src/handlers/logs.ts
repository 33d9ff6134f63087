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
  if (located.block.transactions.some(isPrivateTransaction)) chain.privateStateRoot(located.hash, psi);
  return chain.publicReceipts(located.hash) ?? [];
}

/** Wanted logs among the receipts of a block, in JSON. */
export function logsOfReceipts(
  located: ChainBlock,
  receipts: readonly Receipt[],
  matcher: LogMatcher,
  removed = false,
): LogJson[] {
  const { block, hash } = located;
  const found: LogJson[] = [];
  let logIndex = 0;
  for (const [index, receipt] of receipts.entries()) {
    const transaction = block.transactions[index];
    for (const log of receipt.logs) {
      if (transaction !== undefined && matchesLog(log, matcher)) {
        const place = {
          blockNumber: block.header.number,
          blockHash: hash,
          transactionHash: transactionHash(transaction),
          transactionIndex: index,
        };
        found.push(logToJson(log, { ...place, logIndex, removed }));
      }
      logIndex += 1;
    }
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
  if (criteria.blockHash !== undefined) {
    const located = chain.blockByHash(criteria.blockHash);
    if (located === undefined) throw new RpcError(SERVER_ERROR, 'unknown block');
    return logsOfReceipts(located, receiptsOf(context, located, psi), criteria);
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
    found.push(...logsOfReceipts(located, receiptsOf(context, located, psi), criteria));
    if (found.length > LOGS_MAX) {
      throw new IsoquorumError('TOO_MANY_LOGS', `more than ${LOGS_MAX} logs match: ask for fewer blocks`, {
        limit: LOGS_MAX,
        blockNumber: number,
      });
    }
  }
  return found;
}
