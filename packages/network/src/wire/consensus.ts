import { encodeRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { encodeMessage, failMessageId, messageIds } from './message.ts';

/** A message of the `istanbul` protocol (goquorum.md 9.10). */
export interface ConsensusFrame {
  /** 0x11 for IBFT, 0x12 to 0x15 for QBFT. */
  readonly code: number;
  /** The message's own RLP, as the engine makes it (for IBFT without the byte string around it). */
  readonly message: Uint8Array;
}

/** QBFT: code ‖ message. IBFT: code ‖ RLP byte string around the message. @throws MESSAGE_ID_UNEXPECTED for another code */
export function encodeConsensusFrame(code: number, message: Uint8Array): Uint8Array {
  checkCode(code);
  return encodeMessage(code, code === messageIds.istanbul ? encodeRlp(message) : message);
}

/** The message is a view of `frame`; its inside is not checked. @throws MESSAGE_ID_UNEXPECTED and RLP errors */
export function decodeConsensusFrame(frame: Uint8Array): ConsensusFrame {
  const code = checkCode(frame[0]);
  const reader = new RlpReader(frame, 1);
  if (code === messageIds.istanbul) {
    const message = reader.readBytes('message');
    reader.end('message');
    return { code, message };
  }
  reader.expectList('message');
  const message = reader.readRaw('message');
  reader.end('message');
  return { code, message };
}

function checkCode(code: number | undefined): number {
  if (code === undefined || code < messageIds.istanbul || code > messageIds.roundChange)
    failMessageId(code, '0x11 to 0x15');
  return code;
}
