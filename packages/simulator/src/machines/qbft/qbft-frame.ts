import { QBFT_CODE, type QbftMessage } from '@isoquorum/consensus/qbft/message';
import { decodeQbftMessage, encodeQbftMessage } from '@isoquorum/consensus/qbft/message-codec';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { decodeConsensusFrame, encodeConsensusFrame } from '@isoquorum/network/wire/consensus';

const messages = new WeakMap<Uint8Array, QbftMessage | null>();
const frames = new WeakMap<QbftMessage, Uint8Array>();

/** The message in a frame, decoded once for all who read the bytes; undefined for garbage. Any error but a coded one is ours, and is thrown. */
export function qbftMessageOf(frame: Uint8Array): QbftMessage | undefined {
  const known = messages.get(frame);
  if (known !== undefined) return known ?? undefined;
  let message: QbftMessage | null = null;
  try {
    const { code, message: bytes } = decodeConsensusFrame(frame);
    message = decodeQbftMessage(code, bytes);
    frames.set(message, frame);
  } catch (error) {
    if (!(error instanceof IsoquorumError)) throw error;
  }
  messages.set(frame, message);
  return message ?? undefined;
}

/** The frame of a message, made once. */
export function qbftFrameOf(message: QbftMessage): Uint8Array {
  const known = frames.get(message);
  if (known !== undefined) return known;
  const frame = encodeConsensusFrame(QBFT_CODE[message.type], encodeQbftMessage(message));
  frames.set(message, frame);
  return frame;
}
