import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { decodeTransaction, encodeTransaction, type Transaction } from '@isoquorum/primitives/transaction/transaction';
import { bareHexToBytes } from '@isoquorum/primitives/hex';
import type { Logger } from '@isoquorum/platform/logger';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { journalKey, journalRange } from '../chain/keys.ts';
import type { WriteQueue } from '../chain/write-queue.ts';
import type { PoolEntry } from './sender-queue.ts';

/** Local transactions on disk until they are mined or dropped. Writes that come together become one batch. */
export interface Journal {
  /** Resolves when the entry is durable. */
  add(entry: PoolEntry): Promise<void>;
  /** Takes entries out, at leisure. */
  remove(entries: readonly PoolEntry[]): void;
  /** What an earlier run left behind. */
  load(): Promise<Transaction[]>;
}

export function createJournal(store: Store, writes: WriteQueue, logger: Logger): Journal {
  let operations: StoreOperation[] = [];
  let group: Promise<void> | undefined;

  /** The write of the group that is being collected; it starts when the present turn is over. */
  function flushSoon(): Promise<void> {
    group ??= Promise.resolve().then(() => {
      const batch = operations;
      operations = [];
      group = undefined;
      return writes.write(batch);
    });
    return group;
  }

  return {
    add(entry) {
      operations.push({
        type: 'put',
        key: journalKey(bareHexToBytes(entry.hash)),
        value: encodeTransaction(entry.transaction),
      });
      return flushSoon();
    },
    remove(entries) {
      const local = entries.filter((entry) => entry.origin === 'local');
      if (local.length === 0) return;
      for (const entry of local) operations.push({ type: 'delete', key: journalKey(bareHexToBytes(entry.hash)) });
      flushSoon().catch(() => undefined);
    },
    async load() {
      const transactions: Transaction[] = [];
      const damaged: StoreOperation[] = [];
      for await (const [key, value] of store.iterate(journalRange)) {
        try {
          transactions.push(decodeTransaction(value.slice()));
        } catch (error) {
          if (!isIsoquorumError(error)) throw error;
          logger.log('warn', 'A journaled transaction cannot be read: dropped', { reason: error.message });
          damaged.push({ type: 'delete', key: key.slice() });
        }
      }
      if (damaged.length > 0) await writes.write(damaged);
      return transactions;
    },
  };
}
