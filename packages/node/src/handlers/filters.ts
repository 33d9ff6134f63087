import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { transactionHash } from '@isoquorum/primitives/transaction/transaction';
import { createRpcId } from '@isoquorum/rpc/jsonrpc/connection';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { FilterCriteria } from '@isoquorum/rpc/jsonrpc/parameters/filter-criteria';
import type { LogJson } from '@isoquorum/rpc/jsonrpc/shapes/log';
import type { HandlerContext } from './context.ts';
import type { LogBatch, LogFeed } from './log-feed.ts';
import { createLogFilter, type LogFilter } from './log-filter.ts';

/** A filter that is not polled for so long is forgotten. */
export const FILTER_IDLE_MS: number = 5 * 60_000;
/** Filters that exist at the same time. */
export const FILTERS_MAX = 5000;
/** Entries that wait in one filter; older ones than these are lost. */
export const FILTER_ENTRIES_MAX = 20_000;

type FilterEntry = string | LogJson;

interface Filter {
  readonly criteria: FilterCriteria | undefined;
  readonly psi: string;
  entries: FilterEntry[];
  polledMs: number;
  readonly stop: () => void;
}

/** Filters that clients poll. */
export interface FilterStore {
  addLogs(criteria: FilterCriteria, psi: string): string;
  addBlocks(): string;
  addPendingTransactions(): string;
  /** @throws RpcError `filter not found` */
  changes(id: string): readonly FilterEntry[];
  /** Criteria of a filter of logs. @throws RpcError `filter not found` */
  criteria(id: string): { readonly criteria: FilterCriteria; readonly psi: string };
  remove(id: string): boolean;
  close(): void;
}

const NOT_FOUND = new RpcError(SERVER_ERROR, 'filter not found');

/** Logs of a batch that a filter or subscription wants, its range of blocks included. */
export function wantedLogs(batch: LogBatch, criteria: FilterCriteria, filter: LogFilter): LogJson[] {
  const { fromBlock, toBlock } = criteria;
  if (typeof fromBlock === 'number' && batch.blockNumber < fromBlock) return [];
  if (typeof toBlock === 'number' && batch.blockNumber > toBlock) return [];
  return batch.logs(filter);
}

export function createFilterStore(context: HandlerContext, feed: LogFeed): FilterStore {
  const { chain, pool, clock, random } = context;
  const filters = new Map<string, Filter>();

  function add(
    psi: string,
    criteria: FilterCriteria | undefined,
    start: (push: (entries: readonly FilterEntry[]) => void) => () => void,
  ): string {
    forgetIdle();
    if (filters.size >= FILTERS_MAX)
      throw new IsoquorumError(
        'TOO_MANY_FILTERS',
        `this node keeps ${FILTERS_MAX} filters at most`,
        { limit: FILTERS_MAX },
        'RETRY',
      );
    const id = createRpcId(random);
    const push = (entries: readonly FilterEntry[]): void => {
      const filter = filters.get(id);
      if (filter === undefined) return;
      filter.entries.push(...entries);
      if (filter.entries.length > FILTER_ENTRIES_MAX) filter.entries = filter.entries.slice(-FILTER_ENTRIES_MAX);
    };
    filters.set(id, { criteria, psi, entries: [], polledMs: clock.nowMs(), stop: start(push) });
    return id;
  }

  function remove(id: string): boolean {
    const filter = filters.get(id);
    if (filter === undefined) return false;
    filters.delete(id);
    filter.stop();
    return true;
  }

  function forgetIdle(): void {
    const oldest = clock.nowMs() - FILTER_IDLE_MS;
    for (const [id, filter] of filters) if (filter.polledMs < oldest) remove(id);
  }

  return {
    addLogs: (criteria, psi) => {
      const filter = createLogFilter(criteria);
      return add(psi, criteria, (push) => feed.listen(psi, (batch) => push(wantedLogs(batch, criteria, filter))));
    },
    addBlocks: () =>
      add('', undefined, (push) =>
        chain.onEvent((event) => {
          if (event.type === 'head') push(event.added.map(({ hash }) => bytesToHex(hash)));
        }),
      ),
    addPendingTransactions: () =>
      add('', undefined, (push) =>
        pool.onEvent((event) => {
          if (event.type === 'pending')
            push(event.transactions.map((transaction) => bytesToHex(transactionHash(transaction))));
        }),
      ),
    changes(id) {
      forgetIdle();
      const filter = filters.get(id);
      if (filter === undefined) throw NOT_FOUND;
      filter.polledMs = clock.nowMs();
      const { entries } = filter;
      filter.entries = [];
      return entries;
    },
    criteria(id) {
      const filter = filters.get(id);
      if (filter?.criteria === undefined) throw NOT_FOUND;
      return { criteria: filter.criteria, psi: filter.psi };
    },
    remove,
    close() {
      for (const id of filters.keys()) remove(id);
    },
  };
}
