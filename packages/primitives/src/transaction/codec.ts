import type { Address, Hash32 } from '../bytes.ts';
import { IsoquorumError } from '../errors.ts';
import { bigintToBytes } from '../integer.ts';
import { keccak256 } from '../keccak.ts';
import { encodeRlp, type RlpItem, rlpHeaderSize } from '../rlp.ts';
import { RlpReader } from '../rlp-reader.ts';
import { memoOf } from './memo.ts';
import type { AccessListEntry, AccessListTransaction, LegacyTransaction, Transaction } from './types.ts';

/** A transaction's first byte is not one that this chain knows (only legacy and EIP-2930 exist). */
export type TransactionCodecErrorCode = 'TRANSACTION_TYPE_NOT_SUPPORTED';

/** Access lists longer than this are refused before they are built: each entry costs gas 2400, so no block holds more. */
const accessListMax = 500_000;

function typeNotSupported(type: number | undefined): never {
  const message = type === undefined ? 'empty typed transaction bytes' : 'transaction type not supported';
  throw new IsoquorumError('TRANSACTION_TYPE_NOT_SUPPORTED', message, { field: 'type', type });
}

function readAccessList(reader: RlpReader): AccessListEntry[] {
  return reader.readListOf(
    'accessList',
    (outer) => {
      const entry = outer.readList('accessList');
      const address: Address = entry.readFixed(20, 'accessList.address');
      const storageKeys = entry.readListOf(
        'accessList.storageKeys',
        (keys): Hash32 => keys.readFixed(32, 'accessList.storageKeys'),
        accessListMax,
      );
      entry.end('accessList');
      return { address, storageKeys };
    },
    accessListMax,
  );
}

/** Reads nonce … data, common to both types. */
function decodeLegacy(encoded: Uint8Array): LegacyTransaction {
  const outer = new RlpReader(encoded);
  const reader = outer.readList('transaction');
  outer.end('transaction');
  const start = reader.position;
  const nonce = reader.readBigint('nonce', 8);
  const gasPrice = reader.readBigint('gasPrice');
  const gasLimit = reader.readBigint('gas', 8);
  const to = reader.readOptionalFixed(20, 'to');
  const value = reader.readBigint('value');
  const data = reader.readBytes('input');
  const signedEnd = reader.position;
  const v = reader.readBigint('v');
  const r = reader.readBigint('r');
  const s = reader.readBigint('s');
  reader.end('transaction');
  const transaction: LegacyTransaction = { type: 0, nonce, gasPrice, gasLimit, to, value, data, v, r, s };
  const memo = memoOf(transaction);
  memo.encoded = encoded;
  memo.signedFields = encoded.subarray(start, signedEnd);
  return transaction;
}

function decodeAccessListTransaction(encoded: Uint8Array): AccessListTransaction {
  const outer = new RlpReader(encoded, 1);
  const reader = outer.readList('transaction');
  outer.end('transaction');
  const start = reader.position;
  const chainId = reader.readBigint('chainId');
  const nonce = reader.readBigint('nonce', 8);
  const gasPrice = reader.readBigint('gasPrice');
  const gasLimit = reader.readBigint('gas', 8);
  const to = reader.readOptionalFixed(20, 'to');
  const value = reader.readBigint('value');
  const data = reader.readBytes('input');
  const accessList = readAccessList(reader);
  const signedEnd = reader.position;
  const v = reader.readBigint('v');
  const r = reader.readBigint('r');
  const s = reader.readBigint('s');
  reader.end('transaction');
  const fields = { type: 1, chainId, nonce, gasPrice, gasLimit, to, value, data, accessList, v, r, s } as const;
  const memo = memoOf(fields);
  memo.encoded = encoded;
  memo.signedFields = encoded.subarray(start, signedEnd);
  return fields;
}

/**
 * A transaction from its consensus encoding (as in `eth_sendRawTransaction`): legacy RLP, or type byte and RLP (EIP-2718).
 * Bytes inside are views of `encoded`, which is kept as the transaction's encoding: do not change it afterwards.
 * The signature is not checked.
 * @throws RLP_* naming the field, TRANSACTION_TYPE_NOT_SUPPORTED
 */
export function decodeTransaction(encoded: Uint8Array): Transaction {
  const first = encoded[0];
  if (first !== undefined && first >= 0xc0) return decodeLegacy(encoded);
  if (first === 1) return decodeAccessListTransaction(encoded);
  return typeNotSupported(first);
}

/**
 * The next transaction of a list in a block body or message: a legacy one is a list, a typed one a byte string.
 * @throws as {@link decodeTransaction}
 */
export function decodeTransactionItem(reader: RlpReader, field = 'transaction'): Transaction {
  return decodeTransaction(reader.nextIsList(field) ? reader.readRaw(field) : reader.readBytes(field));
}

/** The fields that a signature covers, before chain id (legacy) or after it (typed). */
function signedItems(
  transaction: Omit<LegacyTransaction, 'v' | 'r' | 's'> | Omit<AccessListTransaction, 'v' | 'r' | 's'>,
): RlpItem[] {
  const items: RlpItem[] = [
    bigintToBytes(transaction.nonce),
    bigintToBytes(transaction.gasPrice),
    bigintToBytes(transaction.gasLimit),
    transaction.to ?? new Uint8Array(0),
    bigintToBytes(transaction.value),
    transaction.data,
  ];
  if (transaction.type === 1) {
    items.unshift(bigintToBytes(transaction.chainId));
    items.push(transaction.accessList.map((entry) => [entry.address, entry.storageKeys]));
  }
  return items;
}

/** Encoded signed fields, without list header, for a transaction or for fields not yet signed. */
export function encodeSignedFields(fields: Parameters<typeof signedItems>[0]): Uint8Array {
  const list = encodeRlp(signedItems(fields));
  const first = list[0] as number;
  return list.subarray(first < 0xf8 ? 1 : first - 0xf6);
}

/** The consensus encoding: what the transaction's hash and the transactions trie are made of. Remembered; do not change it. */
export function encodeTransaction(transaction: Transaction): Uint8Array {
  const memo = memoOf(transaction);
  if (memo.encoded !== undefined) return memo.encoded;
  const items = signedItems(transaction);
  items.push(bigintToBytes(transaction.v), bigintToBytes(transaction.r), bigintToBytes(transaction.s));
  const list = encodeRlp(items);
  if (transaction.type === 0) {
    memo.encoded = list;
  } else {
    memo.encoded = new Uint8Array(list.length + 1);
    memo.encoded[0] = transaction.type;
    memo.encoded.set(list, 1);
  }
  return memo.encoded;
}

/** As an item of a block body or message: the RLP list, or the RLP string around a typed transaction. */
export function encodeTransactionItem(transaction: Transaction): Uint8Array {
  const encoded = encodeTransaction(transaction);
  return transaction.type === 0 ? encoded : encodeRlp(encoded);
}

/** Keccak-256 of the consensus encoding. Remembered. */
export function transactionHash(transaction: Transaction): Hash32 {
  const memo = memoOf(transaction);
  memo.hash ??= keccak256(encodeTransaction(transaction));
  return memo.hash;
}

/** Bytes of the consensus encoding, the size that pool limits count (geth's `Transaction.Size`). */
export function transactionSize(transaction: Transaction): number {
  return encodeTransaction(transaction).length;
}

/** RLP list around already encoded fields and an encoded tail. */
export function wrapFields(prefix: number | undefined, fields: Uint8Array, tail: Uint8Array): Uint8Array {
  const length = fields.length + tail.length;
  const headerSize = rlpHeaderSize(length);
  const start = prefix === undefined ? 0 : 1;
  const bytes = new Uint8Array(start + headerSize + length);
  if (prefix !== undefined) bytes[0] = prefix;
  if (headerSize === 1) bytes[start] = 0xc0 + length;
  else {
    bytes[start] = 0xf7 + headerSize - 1;
    for (let index = headerSize - 1, rest = length; index > 0; index--, rest >>>= 8) bytes[start + index] = rest & 0xff;
  }
  bytes.set(fields, start + headerSize);
  bytes.set(tail, start + headerSize + fields.length);
  return bytes;
}
