import type { Hash32 } from './bytes.ts';
import { encodeHeader, type Header, headerHash, readHeader } from './header.ts';
import { encodeRlpListOf } from './rlp.ts';
import { RlpReader } from './rlp-reader.ts';
import { decodeTransactionItem, encodeTransactionItem } from './transaction/codec.ts';
import type { Transaction } from './transaction/types.ts';

export interface BlockBody {
  readonly transactions: readonly Transaction[];
  readonly uncles: readonly Header[];
}

export interface Block extends BlockBody {
  readonly header: Header;
}

/** More transactions than any gas limit allows: 2^20. */
const transactionsMax = 0x100000;

/** Encoded lists of transactions as they were read, to be written again as they are. */
const encodedLists = new WeakMap<readonly Transaction[], Uint8Array>();

function readTransactions(reader: RlpReader): Transaction[] {
  const encoded = reader.readRaw('transactions');
  const transactions = new RlpReader(encoded).readListOf(
    'transactions',
    (list) => decodeTransactionItem(list),
    transactionsMax,
  );
  encodedLists.set(transactions, encoded);
  return transactions;
}

function readUncles(reader: RlpReader): Header[] {
  return reader.readListOf('uncles', (list) => readHeader(list, 'uncle'), 1024);
}

/** The next block of a reader. Bytes inside are views. @throws RLP_* naming the field, TRANSACTION_TYPE_NOT_SUPPORTED */
export function readBlock(reader: RlpReader): Block {
  const fields = reader.readList('block');
  const block = { header: readHeader(fields), transactions: readTransactions(fields), uncles: readUncles(fields) };
  fields.end('block');
  return block;
}

/** rlp[header, transactions, uncles]. @throws as {@link readBlock} */
export function decodeBlock(encoded: Uint8Array): Block {
  const reader = new RlpReader(encoded);
  const block = readBlock(reader);
  reader.end('block');
  return block;
}

function encodedTransactions(body: BlockBody): Uint8Array {
  return encodedLists.get(body.transactions) ?? encodeRlpListOf(body.transactions.map(encodeTransactionItem));
}

function encodedUncles(body: BlockBody): Uint8Array {
  return encodeRlpListOf(body.uncles.map(encodeHeader));
}

export function encodeBlock(block: Block): Uint8Array {
  return encodeRlpListOf([encodeHeader(block.header), encodedTransactions(block), encodedUncles(block)]);
}

/** The next body: rlp[transactions, uncles], as `eth` BlockBodies and block stores carry it. @throws as {@link readBlock} */
export function readBlockBody(reader: RlpReader): BlockBody {
  const fields = reader.readList('body');
  const body = { transactions: readTransactions(fields), uncles: readUncles(fields) };
  fields.end('body');
  return body;
}

export function decodeBlockBody(encoded: Uint8Array): BlockBody {
  const reader = new RlpReader(encoded);
  const body = readBlockBody(reader);
  reader.end('body');
  return body;
}

export function encodeBlockBody(body: BlockBody): Uint8Array {
  return encodeRlpListOf([encodedTransactions(body), encodedUncles(body)]);
}

/** The hash of the block's header. */
export function blockHash(block: Block): Hash32 {
  return headerHash(block.header);
}
