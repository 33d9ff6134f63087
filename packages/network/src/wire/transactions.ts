import { encodeRlp, encodeRlpListOf } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { encodeMessage, messageData, messageIds } from './message.ts';

/** Most transactions of one frame. */
export const maxTransactionsPerFrame = 16_384;

/**
 * eth `Transactions` (0x02): a list in which a legacy transaction is its RLP list and a typed one a byte string around type and payload.
 * @param transactions canonical encodings: legacy RLP, or type byte ‖ RLP
 */
export function encodeTransactionsFrame(transactions: readonly Uint8Array[]): Uint8Array {
  const items = transactions.map((bytes) => ((bytes[0] ?? 0) >= 0xc0 ? bytes : encodeRlp(bytes)));
  return encodeMessage(messageIds.transactions, encodeRlpListOf(items));
}

/** The canonical encoding of each transaction, views of `frame`; their insides are not checked. @throws MESSAGE_ID_UNEXPECTED and RLP errors */
export function decodeTransactionsFrame(frame: Uint8Array): Uint8Array[] {
  const reader = new RlpReader(messageData(frame, messageIds.transactions));
  const read = (list: RlpReader): Uint8Array =>
    list.nextIsList() ? list.readRaw('transaction') : list.readBytes('transaction');
  const transactions = reader.readListOf('transactions', read, maxTransactionsPerFrame);
  reader.end('transactions');
  return transactions;
}
