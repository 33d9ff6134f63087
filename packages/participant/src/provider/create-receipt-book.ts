import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Store } from '@isoquorum/platform/store';
import { bytesToHex } from '@isoquorum/primitives/hex';
import type { ConsensusReceipt } from '@isoquorum/primitives/receipt';
import { participantError } from '../errors.ts';
import type { TransactionView } from '../participant-view.ts';
import type { TransactionBook } from '../records/transaction-book.ts';
import type { CheckedHead, KnownReceipt, ReceiptBook } from './receipt-book.ts';

/** How long a caller waits for a block before it is told that none came. */
const patienceMs = 90_000;

export interface ReceiptBookOptions {
  readonly transactions: TransactionBook;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly blockAt: (number: number) => CheckedHead | undefined;
  /** Receipts of a checked block, bound to its header. */
  readonly fetchReceipts: (block: CheckedHead) => Promise<readonly ConsensusReceipt[]>;
  readonly onChange: () => void;
}

export interface LiveReceiptBook extends ReceiptBook {
  /** Something changed: asks again for those who wait, and fetches outcomes of own public transactions. */
  refresh(): void;
  /** Ends every wait. */
  stop(): void;
}

export function createReceiptBook(options: ReceiptBookOptions): LiveReceiptBook {
  const { transactions, store, clock, logger } = options;
  const waiters = new Set<() => void>();
  let stopped = false;

  /** True when nothing more will be known: executed, or skipped as no party. */
  const isSettled = (view: TransactionView): boolean =>
    view.blockNumber !== undefined && (view.status !== undefined || view.readability === 'stranger');

  function toKnown(view: TransactionView): KnownReceipt | undefined {
    const block = options.blockAt(view.blockNumber ?? -1);
    return { view, blockHash: block === undefined ? '0x' : bytesToHex(block.hash) };
  }

  /** The outcome of a public transaction, from a validator's receipts that fit the checked header. */
  async function settlePublic(view: TransactionView): Promise<void> {
    const block = options.blockAt(view.blockNumber ?? -1);
    if (block === undefined || view.index === undefined) return;
    const receipts = await options.fetchReceipts(block);
    const receipt = receipts[view.index];
    if (receipt === undefined) return;
    const logs = receipt.logs.map((log) => ({
      address: bytesToHex(log.address),
      topics: log.topics.map((topic) => bytesToHex(topic)),
      data: bytesToHex(log.data),
    }));
    const operations = transactions.amend(view.hash, { status: receipt.status === 0 ? 'failed' : 'success', logs });
    if (operations.length > 0) await store.batch(operations);
    options.onChange();
  }

  async function find(hash: string): Promise<KnownReceipt | undefined> {
    let view = transactions.find(hash);
    if (view?.blockNumber === undefined) return undefined;
    if (view.readability === 'public' && view.status === undefined) {
      await settlePublic(view);
      view = transactions.find(hash);
    }
    return view !== undefined && isSettled(view) ? toKnown(view) : undefined;
  }

  return {
    find,
    async wait(hash) {
      const deadline = clock.nowMs() + patienceMs;
      while (!stopped && clock.nowMs() < deadline) {
        try {
          const known = await find(hash);
          if (known !== undefined) return known;
        } catch (error) {
          logger.log('debug', 'no receipt yet', { hash, error: String(error) });
        }
        await new Promise<void>((resolve) => {
          const cancel = clock.setTimer(2000, () => done());
          const done = (): void => {
            cancel();
            waiters.delete(done);
            resolve();
          };
          waiters.add(done);
        });
      }
      const view = transactions.find(hash);
      throw participantError(
        'NOT_INCLUDED',
        view?.blockNumber === undefined
          ? 'No checked block holds this transaction yet.'
          : 'The transaction is in a block, but what it did cannot be told yet.',
        { hash },
      );
    },
    refresh() {
      waiters.forEach(call);
    },
    stop() {
      stopped = true;
      waiters.forEach(call);
    },
  };
}

/** Waiters take themselves out of the set while it is gone through, which sets allow. */
function call(waiter: () => void): void {
  waiter();
}
