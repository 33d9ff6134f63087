import { type Block, encodeBlock, readBlock } from '@isoquorum/primitives/block';
import { type Address, emptyBytes, type Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { istanbulSealLength } from '@isoquorum/primitives/istanbul-extra';
import { encodeRlp, encodeRlpListOf, numberToRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';

/** The bytes are no IBFT message (fields: `reason`). */
export type IbftMessageErrorCode = 'IBFT_MESSAGE_INVALID';

/** devp2p code of every IBFT message; the payload there is the RLP *string* of the message. */
export const ibftFrameCode = 0x11;

/** First item of a message (goquorum.md 9.3). */
export const IBFT_CODE = { prePrepare: 0, prepare: 1, commit: 2, roundChange: 3 } as const;

interface IbftEnvelope {
  readonly height: number;
  readonly round: number;
  /** Claimed sender; must be who signed. */
  readonly sender: Address;
  /** 65 bytes over keccak of the message with an empty signature. */
  readonly signature: Uint8Array;
  /** In a COMMIT 65 bytes over keccak(hash ‖ 2), or none where the original had no proposal at hand; empty otherwise. */
  readonly committedSeal: Uint8Array;
}

/** A proposal; the block carries the proposer's seal. */
export interface IbftProposalMessage extends IbftEnvelope {
  readonly type: 'prePrepare';
  readonly block: Block;
}

/** PREPARE ("I saw this valid proposal") or COMMIT ("a quorum prepared it"). */
export interface IbftVoteMessage extends IbftEnvelope {
  readonly type: 'prepare' | 'commit';
  readonly digest: Hash32;
}

/** A wish for a later round. Its digest is the zero hash: unlike QBFT's it tells nothing of what was prepared. */
export interface IbftRoundChangeMessage extends IbftEnvelope {
  readonly type: 'roundChange';
  readonly digest: Hash32;
}

/** A message of the legacy engine. */
export type IbftMessage = IbftProposalMessage | IbftVoteMessage | IbftRoundChangeMessage;

/** A message that waits for the node key (see `signIbftMessage`). */
export type UnsignedIbftMessage =
  | Omit<IbftProposalMessage, 'signature' | 'committedSeal'>
  | Omit<IbftRoundChangeMessage, 'signature' | 'committedSeal'>
  | (Omit<IbftVoteMessage, 'signature' | 'committedSeal'> & {
      /** What the seal of a COMMIT signs: keccak(hash ‖ 2); undefined: no seal. */
      readonly sealDigest: Hash32 | undefined;
    });

/** The inner part: `[[round, sequence], block or digest]`. Round first: QBFT is the other way round. */
function encodeSubject(message: IbftMessage): Uint8Array {
  const view = encodeRlp([numberToRlp(message.round), numberToRlp(message.height)]);
  return encodeRlpListOf([
    view,
    message.type === 'prePrepare' ? encodeBlock(message.block) : encodeRlp(message.digest),
  ]);
}

function encodeWith(message: IbftMessage, signature: Uint8Array): Uint8Array {
  const code = numberToRlp(IBFT_CODE[message.type]);
  return encodeRlp([code, encodeSubject(message), message.sender, signature, message.committedSeal]);
}

/** `[code, subject, sender, signature, committedSeal]`, as hashed and signed by the sender with an empty signature. */
export function ibftSigningBytes(message: IbftMessage): Uint8Array {
  return encodeWith(message, emptyBytes);
}

/** The message's bytes; on devp2p they travel as an RLP string. */
export function encodeIbftMessage(message: IbftMessage): Uint8Array {
  return encodeWith(message, message.signature);
}

const types = ['prePrepare', 'prepare', 'commit', 'roundChange'] as const;

function readMessage(bytes: Uint8Array): IbftMessage {
  const outer = new RlpReader(bytes);
  const fields = outer.readList('message');
  outer.end('message');
  const type = types[fields.readNumber('code')];
  if (type === undefined) return fields.fail('RLP_INTEGER_INVALID', 'unknown code', 'code');
  const inner = new RlpReader(fields.readBytes('subject'));
  const sender = fields.readFixed(20, 'sender');
  const signature = fields.readFixed(65, 'signature');
  const committedSeal = fields.readBytes('committedSeal');
  if (committedSeal.length !== 0 && (type !== 'commit' || committedSeal.length !== istanbulSealLength))
    fields.fail('RLP_LENGTH_MISMATCH', 'a seal of another length', 'committedSeal');
  fields.end('message');
  const subject = inner.readList('subject');
  inner.end('subject');
  const view = subject.readList('view');
  const round = view.readNumber('round');
  const height = view.readNumber('sequence');
  view.end('view');
  const envelope = { height, round, sender, signature, committedSeal };
  const message: IbftMessage =
    type === 'prePrepare'
      ? { ...envelope, type, block: readBlock(subject) }
      : { ...envelope, type, digest: subject.readFixed(32, 'digest') };
  subject.end('subject');
  return message;
}

/** Strict; bytes inside are views; no signature is recovered. @throws IBFT_MESSAGE_INVALID */
export function decodeIbftMessage(bytes: Uint8Array): IbftMessage {
  try {
    return readMessage(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IsoquorumError('IBFT_MESSAGE_INVALID', 'invalid message', { reason }, 'REJECT', { cause });
  }
}
