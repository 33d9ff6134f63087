import { bigintToRlp, encodeRlp, encodeRlpListOf } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { encodeMessage, messageData, messageIds } from './message.ts';

export interface NewBlock {
  /** RLP [header, transactions, uncles]; a view, its inside is not checked. */
  readonly block: Uint8Array;
  readonly totalDifficulty: bigint;
}

/** eth `NewBlock` (0x07): [block, td]. @param block RLP of the block */
export function encodeNewBlock(block: Uint8Array, totalDifficulty: bigint): Uint8Array {
  return encodeMessage(messageIds.newBlock, encodeRlpListOf([block, encodeRlp(bigintToRlp(totalDifficulty))]));
}

/** @throws MESSAGE_ID_UNEXPECTED and RLP errors */
export function decodeNewBlock(frame: Uint8Array): NewBlock {
  const outer = new RlpReader(messageData(frame, messageIds.newBlock));
  const reader = outer.readList('newBlock');
  outer.end('newBlock');
  reader.expectList('block');
  const block = reader.readRaw('block');
  const totalDifficulty = reader.readBigint('totalDifficulty');
  reader.end('newBlock');
  return { block, totalDifficulty };
}
