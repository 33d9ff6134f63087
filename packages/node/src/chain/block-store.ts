import { zeroAddress } from '@isoquorum/primitives/address';
import { type BlockBody, decodeBlockBody, encodeBlockBody } from '@isoquorum/primitives/block';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { bigintToBytes, bytesToBigint, writeNumber } from '@isoquorum/primitives/integer';
import { decodeHeader, encodeHeader, type Header } from '@isoquorum/primitives/header';
import type { Receipt } from '@isoquorum/primitives/receipt';
import {
  decodeStoredReceipts,
  deriveReceipts,
  encodeStoredReceipts,
  type StoredReceipt,
} from '@isoquorum/primitives/receipt-storage';
import { type Transaction, transactionHash, transactionSender } from '@isoquorum/primitives/transaction/transaction';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import type { ChainBlock } from './chain.ts';
import { storeDamaged } from './errors.ts';
import {
  bodyKey,
  canonicalKey,
  difficultyKey,
  headerKey,
  keyToNumber,
  lookupKey,
  numberToKey,
  receiptsKey,
} from './keys.ts';
import { createLru } from './lru.ts';

/** How many recent blocks stay decoded in memory, by number and by their transactions; always more than the batches under way. */
const recentBlocks = 256;
const recentTransactionsDefault = 25_000;
const recentBlocksMinDefault = 16;

/** Blocks, receipts and look-ups in the store, with recent ones in memory. What was put is visible at once, before it is durable. */
export interface BlockStore {
  header(hash: Hash32): Header | undefined;
  block(hash: Hash32): ChainBlock | undefined;
  receipts(hash: Hash32): readonly Receipt[] | undefined;
  canonicalHash(number: number): Hash32 | undefined;
  /** Sum of difficulties from the genesis to a block of the tree. */
  totalDifficulty(hash: Hash32): bigint | undefined;
  lookup(transactionHash: Hash32): { readonly number: number; readonly index: number } | undefined;
  /** Operations that store a block, and its receipts when it has been executed. */
  putBlock(block: ChainBlock, receipts: readonly Receipt[] | undefined, operations: StoreOperation[]): void;
  /** Operations that make a block canonical. */
  putCanonical(block: ChainBlock, operations: StoreOperation[]): void;
  deleteCanonical(block: ChainBlock, operations: StoreOperation[]): void;
  /** To be called when a batch is durable: its look-ups need not be kept in memory any more. */
  settle(blocks: readonly ChainBlock[]): void;
}

/** Creations need the sender for their address; senders of calls are not looked at, so they are not recovered. */
export function sendersForDerivation(transactions: readonly Transaction[], chainId: bigint | undefined): Uint8Array[] {
  return transactions.map((transaction) =>
    transaction.to === undefined ? transactionSender(transaction, chainId) : zeroAddress,
  );
}

function withoutPrivate(receipt: Receipt): StoredReceipt {
  const { status, postState, cumulativeGasUsed, logs, revertReason } = receipt;
  const fields = { status, postState, cumulativeGasUsed, logs };
  return revertReason === undefined ? fields : { ...fields, revertReason };
}

interface FreshBlock {
  readonly block: ChainBlock;
  readonly isCanonical: boolean;
}

export interface BlockStoreOptions {
  readonly store: Store;
  /** The chain id that signatures name at a block number; `undefined` before EIP-155. */
  readonly chainIdAt: (number: number) => bigint | undefined;
  /** Difficulty of the genesis block. */
  readonly genesisDifficulty: bigint;
  /** Sums of difficulties are stored; on BFT chains, where every block has difficulty 1, they follow from the number. */
  readonly keepsDifficulty: boolean;
  /** Transactions of recent blocks that stay decoded, and as many receipts; 25,000 unless told. */
  readonly recentTransactions?: number;
  /** Blocks that stay decoded whatever their size: more than there are batches under way; 16 unless told. */
  readonly recentBlocksMin?: number;
}

export function createBlockStore(options: BlockStoreOptions): BlockStore {
  const { store, chainIdAt } = options;
  const recentTransactions = options.recentTransactions ?? recentTransactionsDefault;
  const recentBlocksMin = options.recentBlocksMin ?? recentBlocksMinDefault;
  const headers = createLru<Header>(recentBlocks * 4);
  const blocks = createLru<ChainBlock>({
    max: recentBlocks,
    weightOf: ({ block: { transactions } }) => transactions.length,
    weightMax: recentTransactions,
    min: recentBlocksMin,
  });
  const difficulties = createLru<bigint>(recentBlocks);
  const receiptsOf = createLru<readonly Receipt[]>({
    max: recentBlocks,
    weightOf: (found) => found.length,
    weightMax: recentTransactions,
    min: recentBlocksMin,
  });
  /** Blocks put into or taken out of the canonical chain by batches that are perhaps not durable yet, oldest first. */
  let fresh: FreshBlock[] = [];
  /** The last of them for each number. */
  const freshNumbers = new Map<number, FreshBlock>();

  function header(hash: Hash32): Header | undefined {
    const known = headers.get(hash) ?? blocks.get(hash)?.block.header;
    if (known !== undefined) return known;
    const bytes = store.getSync(headerKey(hash));
    if (bytes === undefined) return undefined;
    const decoded = decodeHeader(bytes);
    headers.set(hash, decoded);
    return decoded;
  }

  function block(hash: Hash32): ChainBlock | undefined {
    const known = blocks.get(hash);
    if (known !== undefined) return known;
    const head = header(hash);
    const bytes = head && store.getSync(bodyKey(hash));
    if (head === undefined || bytes === undefined) return undefined;
    const body: BlockBody = decodeBlockBody(bytes);
    const found = { hash: hash.slice(), block: { header: head, ...body } };
    blocks.set(hash, found);
    return found;
  }

  function receipts(hash: Hash32): readonly Receipt[] | undefined {
    const known = receiptsOf.get(hash);
    if (known !== undefined) return known;
    const bytes = store.getSync(receiptsKey(hash));
    const found = bytes && block(hash);
    if (bytes === undefined || found === undefined) return undefined;
    const { header: head, transactions } = found.block;
    const senders = sendersForDerivation(transactions, chainIdAt(head.number));
    const derived = deriveReceipts(decodeStoredReceipts(bytes), transactions, senders);
    receiptsOf.set(hash, derived);
    return derived;
  }

  function totalDifficulty(hash: Hash32): bigint | undefined {
    if (!options.keepsDifficulty) {
      const found = header(hash);
      return found && options.genesisDifficulty + BigInt(found.number);
    }
    const known = difficulties.get(hash);
    if (known !== undefined) return known;
    const bytes = store.getSync(difficultyKey(hash));
    return bytes && bytesToBigint(bytes);
  }

  function putDifficulty({ hash, block: { header: own } }: ChainBlock, operations: StoreOperation[]): void {
    const before = own.number === 0 ? 0n : totalDifficulty(own.parentHash);
    if (before === undefined) throw storeDamaged('no sum of difficulties', { number: own.number - 1 });
    difficulties.set(hash, before + own.difficulty);
    operations.push({ type: 'put', key: difficultyKey(hash), value: bigintToBytes(before + own.difficulty) });
  }

  function canonicalHash(number: number): Hash32 | undefined {
    const recent = freshNumbers.get(number);
    if (recent !== undefined) return recent.isCanonical ? recent.block.hash : undefined;
    return store.getSync(canonicalKey(number));
  }

  function note(entry: FreshBlock): void {
    fresh.push(entry);
    freshNumbers.set(entry.block.block.header.number, entry);
  }

  /** Looks through the few blocks that are being written; cheaper than to index each transaction a second time. */
  function freshLookup(hash: Hash32): { number: number; index: number } | 'gone' | undefined {
    for (const { block: found, isCanonical } of fresh.toReversed()) {
      const { header: head, transactions } = found.block;
      const index = transactions.findIndex((transaction) => bytesEqual(transactionHash(transaction), hash));
      if (index >= 0) return isCanonical ? { number: head.number, index } : 'gone';
    }
    return undefined;
  }

  function lookup(hash: Hash32): { number: number; index: number } | undefined {
    const recent = freshLookup(hash);
    if (recent !== undefined) return recent === 'gone' ? undefined : recent;
    const bytes = store.getSync(lookupKey(hash));
    if (bytes === undefined) return undefined;
    return { number: keyToNumber(bytes), index: keyToNumber(bytes.subarray(4)) % 0x1_0000_0000 };
  }

  return {
    header,
    block,
    receipts,
    canonicalHash,
    totalDifficulty,
    lookup,
    putBlock(found, derived, operations) {
      blocks.set(found.hash, found);
      // A copy: the header that came with a block is a view of all its bytes.
      headers.set(found.hash, decodeHeader(encodeHeader(found.block.header).slice()));
      if (options.keepsDifficulty) putDifficulty(found, operations);
      operations.push({ type: 'put', key: headerKey(found.hash), value: encodeHeader(found.block.header) });
      operations.push({ type: 'put', key: bodyKey(found.hash), value: encodeBlockBody(found.block) });
      if (derived !== undefined) {
        receiptsOf.set(found.hash, derived);
        const value = encodeStoredReceipts(derived.map(withoutPrivate));
        operations.push({ type: 'put', key: receiptsKey(found.hash), value });
      }
    },
    putCanonical(found, operations) {
      const { header: head, transactions } = found.block;
      operations.push({ type: 'put', key: canonicalKey(head.number), value: found.hash });
      note({ block: found, isCanonical: true });
      const number = numberToKey(head.number);
      for (let index = 0; index < transactions.length; index++) {
        const value = new Uint8Array(12);
        value.set(number);
        writeNumber(index, 4, value, 8);
        operations.push({ type: 'put', key: lookupKey(transactionHash(transactions[index] as Transaction)), value });
      }
    },
    deleteCanonical(found, operations) {
      const { header: head, transactions } = found.block;
      operations.push({ type: 'delete', key: canonicalKey(head.number) });
      note({ block: found, isCanonical: false });
      for (const transaction of transactions) {
        operations.push({ type: 'delete', key: lookupKey(transactionHash(transaction)) });
      }
    },
    settle(settled) {
      // Batches become durable in the order in which they were given: the oldest entry of each block is of this one. A later batch
      // may have changed the number again, and is what counts until it is durable, too.
      const done = new Set(settled);
      fresh = fresh.filter((entry) => {
        if (!done.delete(entry.block)) return true;
        const { number } = entry.block.block.header;
        if (freshNumbers.get(number) === entry) freshNumbers.delete(number);
        return false;
      });
    },
  };
}
