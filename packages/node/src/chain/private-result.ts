import type { Hash32 } from '@isoquorum/primitives/bytes';
import { decodeStoredReceipts, encodeStoredReceipts, type StoredReceipt } from '@isoquorum/primitives/receipt-storage';
import type { Receipt } from '@isoquorum/primitives/receipt';
import { encodeRlp, numberToRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';

/** What a private state made of one block, as stored. */
export interface PrivateResult {
  readonly root: Hash32;
  /** Bloom of the private logs; no bytes when there are none. */
  readonly bloom: Uint8Array;
  /** Indexes in the block of the transactions that `receipts` are for. */
  readonly indexes: readonly number[];
  readonly receipts: readonly StoredReceipt[];
}

/** rlp[root, bloom, [index…], stored receipts]. */
export function encodePrivateResult(result: {
  readonly root: Hash32;
  readonly bloom: Uint8Array;
  readonly indexes: readonly number[];
  readonly receipts: readonly (StoredReceipt | Receipt)[];
}): Uint8Array {
  const hasLogs = result.receipts.some((receipt) => receipt.logs.length > 0);
  return encodeRlp([
    result.root,
    hasLogs ? result.bloom : new Uint8Array(0),
    result.indexes.map(numberToRlp),
    encodeStoredReceipts(result.receipts),
  ]);
}

/** @throws RLP_*, RECEIPT_* */
export function decodePrivateResult(bytes: Uint8Array): PrivateResult {
  const outer = new RlpReader(bytes);
  const reader = outer.readList('privateResult');
  outer.end('privateResult');
  const root = reader.readFixed(32, 'root');
  const bloom = reader.readBytes('bloom');
  const indexes = reader.readListOf('indexes', (list) => list.readNumber('index'));
  const receipts = decodeStoredReceipts(reader.readBytes('receipts'));
  reader.end('privateResult');
  return { root, bloom, indexes, receipts };
}
