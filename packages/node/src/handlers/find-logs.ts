import { IsoquorumError } from '@isoquorum/primitives/errors';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { FilterCriteria } from '@isoquorum/rpc/jsonrpc/parameters/filter-criteria';
import type { LogJson } from '@isoquorum/rpc/jsonrpc/shapes/log';
import { placesOf, SECTION_BLOCKS } from '../bloom/section.ts';
import { numberOf } from './blocks.ts';
import type { HandlerContext } from './context.ts';
import { createLogFilter, type LogFilter } from './log-filter.ts';
import { logsOfReceipts, logViewOf, receiptsOf, type LogView } from './logs.ts';
import { giveWay } from './time-slices.ts';

/** An answer holds no more logs; the original has no limit. */
const LOGS_MAX = 100_000;
/** A search keeps the thread so long before others get their turn, milliseconds; and looks at no more blocks at a time, whatever the clock says. */
const SLICE_MS = 10;
const BLOCKS_AT_ONCE = 512;

/** One search over a range of blocks. */
class LogSearch {
  readonly found: LogJson[] = [];
  private readonly context: HandlerContext;
  private readonly filter: LogFilter;
  private readonly view: LogView;
  /** Behind it the blooms lack private logs: the block itself says whether there can be any. */
  private readonly executed: number;
  private sinceMs: number;
  private blocks = 0;

  constructor(context: HandlerContext, filter: LogFilter, psi: string) {
    this.context = context;
    this.filter = filter;
    this.view = logViewOf(context, psi);
    this.executed = context.chain.privateHead(psi).number;
    this.sinceMs = context.clock.nowMs();
  }

  private async rest(): Promise<void> {
    const { clock } = this.context;
    this.blocks += 1;
    if (this.blocks < BLOCKS_AT_ONCE && clock.nowMs() - this.sinceMs < SLICE_MS) return;
    await giveWay(clock);
    this.blocks = 0;
    this.sinceMs = clock.nowMs();
  }

  private look(number: number): void {
    const { chain } = this.context;
    const { psi } = this.view;
    const bloom = chain.bloom(number, psi);
    if (number <= this.executed && bloom !== undefined && !this.filter.mayMatch(bloom)) return;
    const located = chain.blockByNumber(number);
    if (located === undefined || located.block.transactions.length === 0) return;
    const receipts = receiptsOf(this.context, located, psi);
    this.found.push(...logsOfReceipts(located, receipts, this.filter.matches, this.view));
    if (this.found.length > LOGS_MAX) {
      throw new IsoquorumError('TOO_MANY_LOGS', `more than ${LOGS_MAX} logs match: ask for fewer blocks`, {
        limit: LOGS_MAX,
        blockNumber: number,
      });
    }
  }

  /** Blocks `from` to `to`, which lie in one section. */
  async lookThrough(from: number, to: number): Promise<void> {
    const section = Math.floor(from / SECTION_BLOCKS);
    const { query } = this.filter;
    const row = query.length === 0 ? undefined : this.context.bloomIndex.match(section, this.view.psi, query);
    if (row === undefined) {
      for (let number = from; number <= to; number += 1) {
        await this.rest();
        this.look(number);
      }
      return;
    }
    const first = section * SECTION_BLOCKS;
    for (const place of placesOf(row)) {
      const number = first + place;
      if (number < from) continue;
      if (number > to) return;
      await this.rest();
      this.look(number);
    }
    await this.rest();
  }
}

/**
 * `eth_getLogs`: of one block, or of a range that ends at the head at the latest.
 * @throws RpcError `unknown block`; TOO_MANY_LOGS; FILTER_TOO_LARGE; PRIVATE_STATE_BEHIND
 */
export async function findLogs(context: HandlerContext, criteria: FilterCriteria, psi: string): Promise<LogJson[]> {
  const { chain } = context;
  const filter = createLogFilter(criteria);
  if (criteria.blockHash !== undefined) {
    const located = chain.blockByHash(criteria.blockHash);
    if (located === undefined) throw new RpcError(SERVER_ERROR, 'unknown block');
    return logsOfReceipts(located, receiptsOf(context, located, psi), filter.matches, logViewOf(context, psi));
  }
  const from = numberOf(context, criteria.fromBlock ?? 'latest');
  const to = Math.min(numberOf(context, criteria.toBlock ?? 'latest'), chain.headNumber());
  const search = new LogSearch(context, filter, psi);
  for (let first = from; first <= to; ) {
    const last = Math.min(to, first - (first % SECTION_BLOCKS) + SECTION_BLOCKS - 1);
    await search.lookThrough(first, last);
    first = last + 1;
  }
  return search.found;
}
