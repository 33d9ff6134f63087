import type { Block } from '@isoquorum/primitives/block';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import type { BftEffect, BftInput, BftState, BftStep, BySigner, Proposal } from '../bft/types.ts';
import type {
  CommitMessage,
  PrepareMessage,
  PrePrepareMessage,
  QbftMessage,
  RoundChangeMessage,
  UnsignedQbftMessage,
} from './message.ts';

/** A prepared certificate: a quorum of PREPAREs and the block they are for. */
export interface PreparedCertificate {
  readonly round: number;
  readonly digest: Hash32;
  readonly block: Block;
  readonly prepares: readonly PrepareMessage[];
}

/**
 * What must be on disk before a signed message leaves, so that a restart neither signs twice nor forgets a lock.
 * It replaces the record before it; encode with `encodeDurableRecord`.
 */
export interface DurableRecord {
  readonly height: number;
  readonly round: number;
  /** The PRE-PREPARE signed in this round, whole, so that a restarted proposer can send it again. */
  readonly proposed: Extract<UnsignedQbftMessage, { type: 'prePrepare' }> | undefined;
  /** The digest for which a PREPARE was signed in this round. */
  readonly prepareDigest: Hash32 | undefined;
  /** The digest for which a COMMIT was signed in this round. */
  readonly commitDigest: Hash32 | undefined;
  /** The highest certificate of this height. */
  readonly certificate: PreparedCertificate | undefined;
}

/** Everything that can happen to the machine. */
export type QbftInput = BftInput<QbftMessage, DurableRecord>;

/** Everything that the machine asks for. */
export type QbftEffect = BftEffect<QbftMessage, UnsignedQbftMessage, DurableRecord>;

/** The machine's state. Values are never changed in place. */
export interface QbftState extends BftState<QbftMessage, DurableRecord> {
  /** The PRE-PREPARE that is being verified (phase acceptRequest), or was accepted (later phases). */
  readonly proposal: Proposal | undefined;
  /** The message of the proposal, to be relayed once it is accepted. */
  readonly proposalMessage: PrePrepareMessage | undefined;
  /** A `verifyBlock` for the proposal is under way. */
  readonly verifying: boolean;
  readonly prepares: BySigner<PrepareMessage>;
  readonly commits: BySigner<CommitMessage>;
  /** ROUND-CHANGEs of this height by round, then signer. */
  readonly roundChanges: ReadonlyMap<number, BySigner<RoundChangeMessage>>;
  readonly certificate: PreparedCertificate | undefined;
  /** The PRE-PREPARE signed in this round (mirrors the durable record). */
  readonly proposed: DurableRecord['proposed'];
}

/** What one step gives back. */
export type QbftStep = BftStep<QbftState, QbftEffect>;
