import type { Method, Subscription } from '../method.ts';
import { parameter } from '../parameters/codec.ts';
import { filterCriteria, type FilterCriteria } from '../parameters/filter-criteria.ts';
import { id } from '../parameters/scalars.ts';
import { boolResult, json, textResult } from '../results.ts';
import type { HeadJson } from '../shapes/header.ts';
import type { LogJson } from '../shapes/log.ts';
import type { SyncingJson } from './eth-chain.ts';

/** Logs, and filters that are polled. A filter that is not polled for five minutes is forgotten. */
export interface EthFilterMethods {
  readonly eth_getLogs: Method<[filter: FilterCriteria], readonly LogJson[]>;
  readonly eth_newFilter: Method<[filter: FilterCriteria], string>;
  readonly eth_newBlockFilter: Method<[], string>;
  readonly eth_newPendingTransactionFilter: Method<[], string>;
  readonly eth_getFilterChanges: Method<[id: string], readonly (string | LogJson)[]>;
  readonly eth_getFilterLogs: Method<[id: string], readonly LogJson[]>;
  readonly eth_uninstallFilter: Method<[id: string], boolean>;
}

const criteria = parameter('filter', filterCriteria);
const ofFilter = parameter('id', id);

export const ethFilterMethods: EthFilterMethods = {
  eth_getLogs: {
    doc: 'Logs that match; private ones that this caller may read included.',
    params: [criteria],
    result: json('list of logs'),
  },
  eth_newFilter: { doc: 'Begins to collect logs.', params: [criteria], result: textResult },
  eth_newBlockFilter: { doc: 'Begins to collect hashes of new blocks.', params: [], result: textResult },
  eth_newPendingTransactionFilter: {
    doc: 'Begins to collect hashes of transactions that enter the pool.',
    params: [],
    result: textResult,
  },
  eth_getFilterChanges: {
    doc: 'What was collected since the last time.',
    params: [ofFilter],
    result: json('list of logs or hashes'),
  },
  eth_getFilterLogs: {
    doc: 'All logs that match a filter made by `eth_newFilter`.',
    params: [ofFilter],
    result: json('list of logs'),
  },
  eth_uninstallFilter: { doc: 'Forgets a filter; false when there is none.', params: [ofFilter], result: boolResult },
};

/** Subscriptions of `eth_subscribe` (WebSocket). */
export interface EthSubscriptions {
  readonly newHeads: Subscription<[], HeadJson>;
  readonly logs: Subscription<[filter: FilterCriteria], LogJson>;
  readonly newPendingTransactions: Subscription<[], string>;
  readonly syncing: Subscription<[], false | { readonly syncing: boolean; readonly status: SyncingJson }>;
}

export const ethSubscriptions: EthSubscriptions = {
  newHeads: { doc: 'Header of each new head.', params: [], item: json('header') },
  logs: { doc: 'Each log that matches, when its block arrives.', params: [criteria], item: json('log') },
  newPendingTransactions: { doc: 'Hash of each transaction that enters the pool.', params: [], item: json('hash') },
  syncing: { doc: 'Beginning and end of catching up.', params: [], item: json('false, or `{syncing, status}`') },
};
