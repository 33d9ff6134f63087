import type { Method } from '../method.ts';
import { json } from '../results.ts';
import type { TransactionJson } from '../shapes/transaction.ts';

/** Transactions by sender and nonce (decimal digits). */
export type PoolBySender<Entry> = Readonly<Record<string, Readonly<Record<string, Entry>>>>;

export interface TxpoolMethods {
  readonly txpool_status: Method<[], { readonly pending: string; readonly queued: string }>;
  readonly txpool_content: Method<
    [],
    { readonly pending: PoolBySender<TransactionJson>; readonly queued: PoolBySender<TransactionJson> }
  >;
  readonly txpool_inspect: Method<
    [],
    { readonly pending: PoolBySender<string>; readonly queued: PoolBySender<string> }
  >;
}

export const txpoolMethods: TxpoolMethods = {
  txpool_status: {
    doc: 'How many transactions can be mined, and how many wait for an earlier nonce.',
    params: [],
    result: json('`{pending, queued}`'),
  },
  txpool_content: { doc: 'All of them, by sender and nonce.', params: [], result: json('`{pending, queued}`') },
  txpool_inspect: { doc: 'The same, one line each.', params: [], result: json('`{pending, queued}`') },
};
