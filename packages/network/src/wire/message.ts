import { IsoquorumError } from '@isoquorum/primitives/errors';

/** A frame begins with another message id than its protocol allows; fields: `expected`, `id`. */
export type MessageErrorCode = 'MESSAGE_ID_UNEXPECTED';

/**
 * Ids of devp2p's `eth` protocol (eth/66) and of GoQuorum's `istanbul`. A frame is the id's RLP (one byte, since all are below 0x80)
 * and then the message data, as inside an RLPx frame, so that one codec serves both.
 */
export const messageIds = {
  transactions: 0x02,
  getBlockHeaders: 0x03,
  blockHeaders: 0x04,
  getBlockBodies: 0x05,
  blockBodies: 0x06,
  newBlock: 0x07,
  getReceipts: 0x0f,
  receipts: 0x10,
  istanbul: 0x11,
  preprepare: 0x12,
  prepare: 0x13,
  commit: 0x14,
  roundChange: 0x15,
} as const;

/** Id and data in one buffer. */
export function encodeMessage(id: number, data: Uint8Array): Uint8Array {
  const frame = new Uint8Array(1 + data.length);
  frame[0] = id;
  frame.set(data, 1);
  return frame;
}

/** The data after the id; a view. @throws MESSAGE_ID_UNEXPECTED */
export function messageData(frame: Uint8Array, expected: number): Uint8Array {
  if (frame[0] !== expected) failMessageId(frame[0], expected);
  return frame.subarray(1);
}

export function failMessageId(id: number | undefined, expected: number | string): never {
  const message = `message id ${id ?? 'missing'} where ${expected} is expected`;
  throw new IsoquorumError('MESSAGE_ID_UNEXPECTED', message, { expected, id });
}
