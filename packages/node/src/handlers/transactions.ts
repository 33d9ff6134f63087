import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import type { Receipt } from '@isoquorum/primitives/receipt';
import {
  decodeTransaction,
  isPrivateTransaction,
  transactionHash,
  transactionSender,
  type Transaction,
} from '@isoquorum/primitives/transaction/transaction';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import { receiptToJson, type ReceiptJson } from '@isoquorum/rpc/jsonrpc/shapes/receipt';
import { transactionToJson, type TransactionJson } from '@isoquorum/rpc/jsonrpc/shapes/transaction';
import type { ChainBlock, LocatedReceipt } from '../chain/chain.ts';
import { chainIdOf, type HandlerContext } from './context.ts';
import { countLogs, logViewOf } from './logs.ts';

/** Where privacy marker transactions are sent. */
export const PRIVACY_PRECOMPILE: Uint8Array = Uint8Array.from({ length: 20 }, (_, index) => (index === 19 ? 0x7a : 0));

/** What Go's RLP decoder says in place of ours, where clients may see it. */
function goRlpText(code: string, typed: boolean): string | undefined {
  switch (code) {
    case 'RLP_TOO_SHORT':
      return 'rlp: value size exceeds available input length';
    case 'RLP_TRAILING_BYTES':
      return 'rlp: input contains more than one value';
    case 'RLP_EXPECTED_LIST':
      return `rlp: expected input list for types.${typed ? 'AccessListTx' : 'LegacyTx'}`;
    default:
      return undefined;
  }
}

/** True for a list whose items end before the last field: Go then speaks of too few elements. */
function endsEarly(encoded: Uint8Array): boolean {
  const start = (encoded[0] ?? 0) < 0x80 ? 1 : 0;
  const header = encoded[start] ?? 0;
  return header >= 0xc0 && header <= 0xf7 && encoded.length === start + 1 + header - 0xc0;
}

/** Decodes a raw transaction that a client sent. @throws RpcError with GoQuorum's text where there is one */
export function decodeRawTransaction(encoded: Uint8Array): Transaction {
  if (encoded.length === 0) throw new RpcError(SERVER_ERROR, 'empty typed transaction bytes');
  try {
    return decodeTransaction(encoded);
  } catch (error) {
    if (!isIsoquorumError(error)) throw error;
    const typed = (encoded[0] ?? 0) < 0x80;
    if (error.code === 'RLP_TOO_SHORT' && endsEarly(encoded)) {
      throw new RpcError(SERVER_ERROR, `rlp: too few elements for types.${typed ? 'AccessListTx' : 'LegacyTx'}`);
    }
    const text = goRlpText(error.code, typed);
    if (text === undefined) throw error;
    throw new RpcError(SERVER_ERROR, text);
  }
}

/** A transaction of a block, in JSON. */
export function blockTransactionJson(
  context: HandlerContext,
  located: ChainBlock | undefined,
  index: number,
): TransactionJson | undefined {
  const transaction = located?.block.transactions[index];
  if (located === undefined || transaction === undefined) return undefined;
  return transactionToJson(transaction, chainIdOf(context), {
    blockHash: located.hash,
    blockNumber: located.block.header.number,
    index,
  });
}

/** A transaction of the chain, or of the pool, in JSON. */
export function transactionJson(context: HandlerContext, hash: Hash32): TransactionJson | undefined {
  const location = context.chain.transaction(hash);
  if (location !== undefined) return transactionToJson(location.transaction, chainIdOf(context), location);
  const waiting = context.pool.get(hash);
  return waiting === undefined ? undefined : transactionToJson(waiting, chainIdOf(context), undefined);
}

/** Number of the first log of a transaction in its block, as a private state sees it; 0 when it has none. */
function firstLogIndex(
  context: HandlerContext,
  blockHash: Hash32,
  receipts: readonly Receipt[],
  index: number,
  psi: string,
): number {
  const located = context.chain.blockByHash(blockHash);
  if (located === undefined) return 0;
  for (const log of countLogs(located, receipts, logViewOf(context, psi)))
    if (log.transactionIndex === index) return log.logIndex;
  return 0;
}

/**
 * The receipt as the caller's private state sees it. A public transaction's is served even while that state is behind.
 * @throws PRIVATE_STATE_BEHIND for a private transaction that it has not executed
 */
export function locateReceipt(context: HandlerContext, hash: Hash32, psi: string): LocatedReceipt | undefined {
  const { chain } = context;
  const location = chain.transaction(hash);
  if (location === undefined) return undefined;
  const { blockHash, index } = location;
  const merged = chain.mergedReceipts(blockHash, psi);
  const own = merged?.[index];
  if (merged !== undefined && own !== undefined)
    return { location, receipt: own, firstLogIndex: firstLogIndex(context, blockHash, merged, index, psi) };
  if (isPrivateTransaction(location.transaction)) {
    // Throws with both heights; it never returns here.
    chain.privateStateRoot(blockHash, psi);
    return undefined;
  }
  const receipts = chain.publicReceipts(blockHash);
  const receipt = receipts?.[index];
  if (receipts === undefined || receipt === undefined) return undefined;
  return { location, receipt, firstLogIndex: firstLogIndex(context, blockHash, receipts, index, psi) };
}

/** @see locateReceipt */
export function receiptJson(context: HandlerContext, hash: Hash32, psi: string): ReceiptJson | undefined {
  const located = locateReceipt(context, hash, psi);
  if (located === undefined) return undefined;
  const { location, receipt, firstLogIndex } = located;
  const { transaction } = location;
  return receiptToJson(receipt, {
    blockHash: location.blockHash,
    blockNumber: location.blockNumber,
    index: location.index,
    from: transactionSender(transaction, chainIdOf(context)),
    to: transaction.to,
    transactionHash: transactionHash(transaction),
    firstLogIndex,
    isPrivacyMarkerTransaction: isPrivacyMarker(transaction),
  });
}

/** True for a transaction that carries a private one inside. */
export function isPrivacyMarker(transaction: Transaction): boolean {
  return transaction.to !== undefined && bytesEqual(transaction.to, PRIVACY_PRECOMPILE);
}
