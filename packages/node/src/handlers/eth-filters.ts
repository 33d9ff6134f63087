import { bytesToHex } from '@isoquorum/primitives/hex';
import { transactionHash } from '@isoquorum/primitives/transaction/transaction';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { EthFilterMethods } from '@isoquorum/rpc/jsonrpc/methods/eth-filters';
import type { SubscriptionHandlers } from '@isoquorum/rpc/jsonrpc/methods';
import { headToJson } from '@isoquorum/rpc/jsonrpc/shapes/header';
import { psiOf, type HandlerContext } from './context.ts';
import { syncingToJson } from './eth-chain.ts';
import { wantedLogs, type FilterStore } from './filters.ts';
import type { LogFeed } from './log-feed.ts';
import { withShownTime } from './shown-time.ts';
import { findLogs } from './find-logs.ts';
import { createLogFilter } from './log-filter.ts';

export function createEthFilterHandlers(context: HandlerContext, filters: FilterStore): HandlersOf<EthFilterMethods> {
  return {
    eth_getLogs: (request, criteria) => findLogs(context, criteria, psiOf(context, request)),
    eth_newFilter: (request, criteria) => filters.addLogs(criteria, psiOf(context, request)),
    eth_newBlockFilter: () => filters.addBlocks(),
    eth_newPendingTransactionFilter: () => filters.addPendingTransactions(),
    eth_getFilterChanges: (_request, id) => filters.changes(id),
    eth_getFilterLogs: (_request, id) => {
      const { criteria, psi } = filters.criteria(id);
      return findLogs(context, criteria, psi);
    },
    eth_uninstallFilter: (_request, id) => filters.remove(id),
  };
}

export function createSubscriptionHandlers(context: HandlerContext, feed: LogFeed): SubscriptionHandlers {
  const { chain, pool } = context;
  return {
    newHeads: (_request, notify) =>
      chain.onEvent((event) => {
        if (event.type !== 'head') return;
        for (const { block, hash } of event.added) notify(withShownTime(context, headToJson(block.header, hash)));
      }),
    logs: (request, notify, criteria) => {
      const filter = createLogFilter(criteria);
      return feed.listen(psiOf(context, request), (batch) => {
        for (const log of wantedLogs(batch, criteria, filter)) notify(log);
      });
    },
    newPendingTransactions: (_request, notify) =>
      pool.onEvent((event) => {
        if (event.type !== 'pending') return;
        for (const transaction of event.transactions) notify(bytesToHex(transactionHash(transaction)));
      }),
    syncing: (_request, notify) => {
      let syncing = context.syncStatus().syncing;
      return chain.onEvent((event) => {
        if (event.type !== 'head') return;
        const status = context.syncStatus();
        if (status.syncing === syncing) return;
        syncing = status.syncing;
        notify(syncing ? { syncing, status: syncingToJson(status) } : false);
      });
    },
  };
}
