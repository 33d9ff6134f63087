import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { Header } from '@isoquorum/primitives/header';
import type { TransactionView } from '../participant-view.ts';

/** A block that was checked here. */
export interface CheckedHead {
  readonly header: Header;
  readonly hash: Hash32;
  readonly author: Address;
  readonly transactionHashes: readonly string[] | undefined;
}

/** A transaction in a checked block, as far as its outcome is known here. */
export interface KnownReceipt {
  readonly view: TransactionView;
  readonly blockHash: string;
}

/** Outcomes of transactions: private ones from own execution, public ones from receipts bound to a checked header. */
export interface ReceiptBook {
  find(hash: string): Promise<KnownReceipt | undefined>;
  /** Waits until the outcome is known. @throws NOT_INCLUDED */
  wait(hash: string): Promise<KnownReceipt>;
}
