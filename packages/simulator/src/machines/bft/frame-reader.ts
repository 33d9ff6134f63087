import type { BftProtocol } from '@isoquorum/consensus/bft/protocol';
import type { BftMessage, BftRecord, BftState } from '@isoquorum/consensus/bft/types';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { decodeConsensusFrame, encodeConsensusFrame } from '@isoquorum/network/wire/consensus';

/** Frames and messages of one protocol; each is made once for all who read it. */
export interface FrameReader<Message> {
  /** The message in a frame; undefined for garbage. Any error but a coded one is ours, and is thrown. */
  messageOf(frame: Uint8Array): Message | undefined;
  frameOf(message: Message): Uint8Array;
}

export function createFrameReader<
  State extends BftState<Message, Record>,
  Message extends BftMessage,
  Unsigned,
  Record extends BftRecord,
>(protocol: BftProtocol<State, Message, Unsigned, Record>): FrameReader<Message> {
  const messages = new WeakMap<Uint8Array, { readonly message: Message | undefined }>();
  const frames = new WeakMap<Message, Uint8Array>();

  function read(frame: Uint8Array): Message | undefined {
    try {
      const { code, message: bytes } = decodeConsensusFrame(frame);
      if (!protocol.ownsCode(code)) return undefined;
      const message = protocol.decodeMessage(code, bytes);
      frames.set(message, frame);
      return message;
    } catch (error) {
      if (!(error instanceof IsoquorumError)) throw error;
      return undefined;
    }
  }

  return {
    messageOf(frame) {
      const known = messages.get(frame);
      if (known !== undefined) return known.message;
      const message = read(frame);
      messages.set(frame, { message });
      return message;
    },
    frameOf(message) {
      const known = frames.get(message);
      if (known !== undefined) return known;
      const frame = encodeConsensusFrame(protocol.frameCode(message), protocol.encodeMessage(message));
      frames.set(message, frame);
      return frame;
    },
  };
}
