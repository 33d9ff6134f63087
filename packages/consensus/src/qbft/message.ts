import type { Block } from '@isoquorum/primitives/block';
import type { Hash32 } from '@isoquorum/primitives/bytes';

/** devp2p codes of the four messages, and first item of the bytes that are signed (goquorum.md 9.5). */
export const QBFT_CODE = { prePrepare: 0x12, prepare: 0x13, commit: 0x14, roundChange: 0x15 } as const;

/** One of the four kinds of message. */
export type QbftMessageType = keyof typeof QBFT_CODE;

/** What a validator had prepared when it asked for a new round. */
export interface PreparedClaim {
  readonly round: number;
  readonly digest: Hash32;
}

/** "I saw this valid proposal": `[[height, round, digest], signature]`. */
export interface PrepareMessage {
  readonly type: 'prepare';
  readonly height: number;
  readonly round: number;
  /** Hash of the proposed block. */
  readonly digest: Hash32;
  /** 65 bytes over keccak(rlp[code, payload]). */
  readonly signature: Uint8Array;
}

/** "A quorum prepared it": `[[height, round, digest, commitSeal], signature]`. */
export interface CommitMessage {
  readonly type: 'commit';
  readonly height: number;
  readonly round: number;
  readonly digest: Hash32;
  /** 65 bytes over the commit seal digest of the block's header in this round; ends in the final header. */
  readonly commitSeal: Uint8Array;
  readonly signature: Uint8Array;
}

/** The signed part of a ROUND-CHANGE, as a PRE-PREPARE carries it: `[[height, round, prepared], signature]`. */
export interface RoundChangePayload {
  readonly type: 'roundChange';
  readonly height: number;
  /** The round that is asked for. */
  readonly round: number;
  readonly prepared: PreparedClaim | undefined;
  readonly signature: Uint8Array;
}

/** A ROUND-CHANGE with what supports its claim; block and prepares are not under its signature. */
export interface RoundChangeMessage extends RoundChangePayload {
  readonly block: Block | undefined;
  readonly prepares: readonly PrepareMessage[];
}

/** A proposal; the justification (empty in round 0) is not under its signature. */
export interface PrePrepareMessage {
  readonly type: 'prePrepare';
  readonly height: number;
  readonly round: number;
  readonly block: Block;
  readonly signature: Uint8Array;
  readonly roundChanges: readonly RoundChangePayload[];
  readonly prepares: readonly PrepareMessage[];
}

/** Any message as it travels. The signer is not transmitted: it is recovered from the signature. */
export type QbftMessage = PrePrepareMessage | PrepareMessage | CommitMessage | RoundChangeMessage;

/** A message that waits for the node key (see `signQbftMessage`). */
export type UnsignedQbftMessage =
  | Omit<PrePrepareMessage, 'signature'>
  | Omit<PrepareMessage, 'signature'>
  | (Omit<CommitMessage, 'signature' | 'commitSeal'> & {
      /** What the commit seal signs: keccak of the header with this round and no seals. */
      readonly sealDigest: Hash32;
    })
  | Omit<RoundChangeMessage, 'signature'>;
