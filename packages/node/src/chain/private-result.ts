import type { PrivateReceipt } from '@isoquorum/execution/transition/types';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { decodeStoredReceipts, encodeStoredReceipts, type StoredReceipt } from '@isoquorum/primitives/receipt-storage';
import type { Receipt } from '@isoquorum/primitives/receipt';
import { encodeRlp, numberToRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';

/** What a private state made of one block, as stored. */
export interface StoredPrivateResult {
  readonly root: Hash32;
  /** Bloom of the private logs; no bytes when there are none. */
  readonly bloom: Uint8Array;
  /** Indexes in the block of the transactions that `receipts` are for. */
  readonly indexes: readonly number[];
  /** Receipts of private transactions; that of a marker's private transaction stands inside an empty one, under {@link innerName}. */
  readonly receipts: readonly StoredReceipt[];
  /** Root of the extra data of accounts (privacy enhancements). */
  readonly extraRoot: Hash32;
}

/** Under which name an inner receipt is stored. */
export const innerName = 'inner';

function storedReceipt({ isInner, receipt }: PrivateReceipt): StoredReceipt | Receipt {
  if (!isInner) return receipt;
  const privateReceipts = new Map([[innerName, receipt]]);
  return { status: 1, postState: undefined, cumulativeGasUsed: receipt.cumulativeGasUsed, logs: [], privateReceipts };
}

/** rlp[root, bloom, [index…], stored receipts, extra root]; the last is left out while there is no extra data. */
export function encodePrivateResult(result: {
  readonly root: Hash32;
  readonly extraRoot: Hash32;
  readonly bloom: Uint8Array;
  readonly receipts: readonly PrivateReceipt[];
}): Uint8Array {
  const hasLogs = result.receipts.some(({ receipt }) => receipt.logs.length > 0);
  const items = [
    result.root,
    hasLogs ? result.bloom : new Uint8Array(0),
    result.receipts.map(({ index }) => numberToRlp(index)),
    encodeStoredReceipts(result.receipts.map(storedReceipt)),
  ];
  return encodeRlp(bytesEqual(result.extraRoot, emptyTrieRoot) ? items : [...items, result.extraRoot]);
}

/** @throws RLP_*, RECEIPT_*, UTF8_INVALID */
export function decodePrivateResult(bytes: Uint8Array): StoredPrivateResult {
  const outer = new RlpReader(bytes);
  const reader = outer.readList('privateResult');
  outer.end('privateResult');
  const root = reader.readFixed(32, 'root');
  const bloom = reader.readBytes('bloom');
  const indexes = reader.readListOf('indexes', (list) => list.readNumber('index'));
  const receipts = decodeStoredReceipts(reader.readBytes('receipts'));
  const extraRoot = reader.hasMore ? reader.readFixed(32, 'extraRoot') : emptyTrieRoot;
  reader.end('privateResult');
  return { root, bloom, indexes, receipts, extraRoot };
}
