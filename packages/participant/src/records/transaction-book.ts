import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { signerChainIdAt } from '@isoquorum/primitives/fork';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { privatePayloadHash } from '@isoquorum/primitives/transaction/private';
import {
  isPrivateTransaction,
  type Transaction,
  transactionHash,
  transactionSender,
} from '@isoquorum/primitives/transaction/transaction';
import { createContractAddress } from '@isoquorum/primitives/address';
import type { CheckedBlock } from '../chain/header-verifier.ts';
import type { TransactionView } from '../participant-view.ts';
import { heightKey } from '../store-keys.ts';
import { fromJsonBytes, toJsonBytes } from './json-value.ts';

/** Transactions that stay in memory for the page to show, newest first. */
const shownMax = 200;
/** Public transactions of others that one block adds to what is shown. */
const othersPerBlock = 40;

/** The transactions that the page shows: its own and private ones for good, public ones of others while they are recent. */
export interface TransactionBook {
  list(): readonly TransactionView[];
  find(hash: string): TransactionView | undefined;
  /** A transaction that this page has signed and sent. */
  addPending(transaction: Transaction, secret: Pick<TransactionView, 'data' | 'parties'> | undefined): void;
  removePending(hash: string): void;
  /** Notes the transactions of checked blocks; answers what to store. */
  include(blocks: readonly CheckedBlock[]): StoreOperation[];
  /** Adds to what is known of a transaction; answers what to store. */
  amend(hash: string, change: Partial<TransactionView>): StoreOperation[];
}

export interface TransactionBookOptions {
  readonly store: Store;
  readonly config: ChainConfig;
  readonly isOwnAccount: (address: string) => boolean;
}

export async function openTransactionBook(options: TransactionBookOptions): Promise<TransactionBook> {
  const { store, config } = options;
  const pending = new Map<string, TransactionView>();
  const included = new Map<string, TransactionView>();
  const range = { gte: heightKey('t', 0), lt: heightKey('t', 2 ** 48 - 1), reverse: true, limit: shownMax };
  const stored: TransactionView[] = [];
  for await (const [, value] of store.iterate(range)) {
    const view = fromJsonBytes<TransactionView>(value);
    if (view !== undefined) stored.push(view);
  }
  for (const view of stored.toReversed()) included.set(view.hash, { ...emptyFields, ...view });

  const toOperation = (view: TransactionView): StoreOperation => ({
    type: 'put',
    key: heightKey('t', view.blockNumber ?? 0, view.index ?? 0),
    value: toJsonBytes(view),
  });

  function viewOf(
    transaction: Transaction,
    block: CheckedBlock | undefined,
    index: number | undefined,
  ): TransactionView {
    const sender = transactionSender(transaction, signerChainIdAt(config, block?.header.number ?? 0));
    const from = bytesToHex(sender);
    const isPrivate = isPrivateTransaction(transaction);
    const digest = privatePayloadHash(transaction);
    return {
      ...emptyFields,
      hash: bytesToHex(transactionHash(transaction)),
      blockNumber: block?.header.number,
      index,
      from,
      to: transaction.to === undefined ? undefined : bytesToHex(transaction.to),
      nonce: transaction.nonce.toString(),
      readability: isPrivate ? 'waiting' : 'public',
      mine: options.isOwnAccount(from),
      data: isPrivate ? undefined : bytesToHex(transaction.data),
      payloadHash: digest === undefined ? undefined : bytesToBase64(digest),
      contractAddress:
        transaction.to === undefined ? bytesToHex(createContractAddress(sender, transaction.nonce)) : undefined,
    };
  }

  function keep(view: TransactionView): void {
    included.set(view.hash, view);
    if (included.size <= shownMax * 2) return;
    for (const [hash, old] of included) {
      if (included.size <= shownMax) break;
      if (!old.mine && old.readability !== 'waiting') included.delete(hash);
      else if (included.size > shownMax * 2) included.delete(hash);
    }
  }

  return {
    list() {
      const newest = [...included.values()].toSorted(byPosition).slice(0, shownMax);
      return [...pending.values()].toReversed().concat(newest);
    },
    find: (hash) => included.get(hash) ?? pending.get(hash),
    addPending(transaction, secret) {
      const view = viewOf(transaction, undefined, undefined);
      pending.set(view.hash, { ...view, ...secret, readability: secret === undefined ? view.readability : 'party' });
    },
    removePending: (hash) => pending.delete(hash),
    include(blocks) {
      const operations: StoreOperation[] = [];
      for (const block of blocks) {
        let others = 0;
        for (const [index, transaction] of block.transactions.entries()) {
          const hash = bytesToHex(transactionHash(transaction));
          const sent = pending.get(hash);
          const isPrivate = isPrivateTransaction(transaction);
          if (sent === undefined && !isPrivate && ++others > othersPerBlock) continue;
          const view = viewOf(transaction, block, index);
          pending.delete(hash);
          keep(sent === undefined ? view : { ...view, parties: sent.parties });
          if (view.mine || isPrivate) operations.push(toOperation(view));
        }
      }
      return operations;
    },
    amend(hash, change) {
      const view = included.get(hash);
      if (view === undefined) return [];
      const changed = { ...view, ...change };
      included.set(hash, changed);
      return changed.mine || changed.readability !== 'public' ? [toOperation(changed)] : [];
    },
  };
}

const emptyFields = {
  blockNumber: undefined,
  index: undefined,
  to: undefined,
  data: undefined,
  payloadHash: undefined,
  parties: [],
  status: undefined,
  revertReason: undefined,
  contractAddress: undefined,
  logs: [],
} as const;

function byPosition(left: TransactionView, right: TransactionView): number {
  return (right.blockNumber ?? 0) - (left.blockNumber ?? 0) || (right.index ?? 0) - (left.index ?? 0);
}
