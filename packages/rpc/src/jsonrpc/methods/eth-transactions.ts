import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { Method } from '../method.ts';
import { blockNumber, type BlockNumber } from '../parameters/block-selector.ts';
import { parameter } from '../parameters/codec.ts';
import { address, bytes, hash, index } from '../parameters/hex.ts';
import { sendTransactionArguments, type SendTransactionArguments } from '../parameters/transaction-args.ts';
import { addressesResult, bytesResult, hashResult, json, nullable } from '../results.ts';
import type { ReceiptJson } from '../shapes/receipt.ts';
import type { RawAndTransactionJson, TransactionJson } from '../shapes/transaction.ts';

/** Transactions: looking them up, filling, signing, sending. */
export interface EthTransactionMethods {
  readonly eth_accounts: Method<[], readonly Address[]>;
  readonly eth_getTransactionByHash: Method<[hash: Hash32], TransactionJson | undefined>;
  readonly eth_getTransactionByBlockNumberAndIndex: Method<
    [number: BlockNumber, index: number],
    TransactionJson | undefined
  >;
  readonly eth_getTransactionByBlockHashAndIndex: Method<[hash: Hash32, index: number], TransactionJson | undefined>;
  readonly eth_getRawTransactionByHash: Method<[hash: Hash32], Uint8Array>;
  readonly eth_getRawTransactionByBlockNumberAndIndex: Method<[number: BlockNumber, index: number], Uint8Array>;
  readonly eth_getRawTransactionByBlockHashAndIndex: Method<[hash: Hash32, index: number], Uint8Array>;
  readonly eth_getTransactionReceipt: Method<[hash: Hash32], ReceiptJson | undefined>;
  readonly eth_pendingTransactions: Method<[], readonly TransactionJson[]>;
  readonly eth_sendRawTransaction: Method<[transaction: Uint8Array], Hash32>;
  readonly eth_sendTransaction: Method<[transaction: SendTransactionArguments], Hash32>;
  readonly eth_fillTransaction: Method<[transaction: SendTransactionArguments], RawAndTransactionJson>;
  readonly eth_signTransaction: Method<[transaction: SendTransactionArguments], RawAndTransactionJson>;
  readonly eth_sign: Method<[account: Address, data: Uint8Array], Uint8Array>;
}

const transaction = nullable(json<TransactionJson>('transaction'));
const byHash = parameter('hash', hash);
const byNumber = parameter('number', blockNumber);
const at = parameter('index', index);
const args = parameter('transaction', sendTransactionArguments);

export const ethTransactionMethods: EthTransactionMethods = {
  eth_accounts: { doc: 'Accounts that this node holds: in `isoquorum dev` only.', params: [], result: addressesResult },
  eth_getTransactionByHash: {
    doc: 'A transaction of the chain or of the pool.',
    params: [byHash],
    result: transaction,
  },
  eth_getTransactionByBlockNumberAndIndex: {
    doc: 'A transaction by its place.',
    params: [byNumber, at],
    result: transaction,
  },
  eth_getTransactionByBlockHashAndIndex: {
    doc: 'A transaction by its place.',
    params: [byHash, at],
    result: transaction,
  },
  eth_getRawTransactionByHash: { doc: 'Its bytes; none when it is unknown.', params: [byHash], result: bytesResult },
  eth_getRawTransactionByBlockNumberAndIndex: {
    doc: 'Its bytes; none when there is none.',
    params: [byNumber, at],
    result: bytesResult,
  },
  eth_getRawTransactionByBlockHashAndIndex: {
    doc: 'Its bytes; none when there is none.',
    params: [byHash, at],
    result: bytesResult,
  },
  eth_getTransactionReceipt: {
    doc: 'Receipt of a mined transaction; the private one at a party.',
    params: [byHash],
    result: nullable(json<ReceiptJson>('receipt')),
  },
  eth_pendingTransactions: {
    doc: 'What waits in the pool from accounts of this node.',
    params: [],
    result: json('list of transactions'),
  },
  eth_sendRawTransaction: {
    doc: 'Takes a signed transaction into the pool.',
    params: [parameter('transaction', bytes)],
    result: hashResult,
    concurrent: true,
  },
  eth_sendTransaction: {
    doc: 'Fills, signs with an account of this node, and sends; private with `privateFor`, even an empty one.',
    params: [args],
    result: hashResult,
  },
  eth_fillTransaction: {
    doc: 'Fills what is missing and, for a private one, stores the payload; unsigned.',
    params: [args],
    result: json('`{raw, tx}`'),
  },
  eth_signTransaction: {
    doc: 'Signs as given with an account of this node; nothing is sent.',
    params: [args],
    result: json('`{raw, tx}`'),
  },
  eth_sign: {
    doc: 'Signs the message (EIP-191) with an account of this node.',
    params: [parameter('account', address), parameter('data', bytes)],
    result: bytesResult,
  },
};
