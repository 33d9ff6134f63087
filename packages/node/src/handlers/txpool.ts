import { addressToChecksum } from '@isoquorum/primitives/address';
import { transactionSender, type Transaction } from '@isoquorum/primitives/transaction/transaction';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { PoolBySender, TxpoolMethods } from '@isoquorum/rpc/jsonrpc/methods/txpool';
import { transactionToJson, type TransactionJson } from '@isoquorum/rpc/jsonrpc/shapes/transaction';
import type { PoolContent } from '../pool/pool.ts';
import { chainIdOf, type HandlerContext } from './context.ts';

/** One transaction in a line, as the original writes it. */
function summary(transaction: Transaction): string {
  const { to, value, gasLimit, gasPrice } = transaction;
  const target = to === undefined ? 'contract creation' : addressToChecksum(to);
  return `${target}: ${value} wei + ${gasLimit} gas × ${gasPrice} wei`;
}

export function createTxpoolHandlers(context: HandlerContext): HandlersOf<TxpoolMethods> {
  const { pool } = context;
  const chainId = chainIdOf(context);

  function bySender<Entry>(content: PoolContent, show: (transaction: Transaction) => Entry): PoolBySender<Entry> {
    const shown: Record<string, Record<string, Entry>> = {};
    for (const transactions of content.values()) {
      const [first] = transactions;
      if (first === undefined) continue;
      const entries = transactions.map((transaction): [string, Entry] => [
        transaction.nonce.toString(),
        show(transaction),
      ]);
      shown[addressToChecksum(transactionSender(first, chainId))] = Object.fromEntries(entries);
    }
    return shown;
  }

  const whole = (transaction: Transaction): TransactionJson => transactionToJson(transaction, chainId, undefined);

  return {
    txpool_status: () => {
      const { pending, queued } = pool.status();
      return { pending: `0x${pending.toString(16)}`, queued: `0x${queued.toString(16)}` };
    },
    txpool_content: () => ({ pending: bySender(pool.pending(), whole), queued: bySender(pool.queued(), whole) }),
    txpool_inspect: () => ({ pending: bySender(pool.pending(), summary), queued: bySender(pool.queued(), summary) }),
  };
}
