import type { Block } from '@isoquorum/primitives/block';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import type { RoundChangeBook } from '../bft/round-changes.ts';
import type { BftEffect, BftHeightContext, BftInput, BftState, BftStep, BySigner, Proposal } from '../bft/types.ts';
import type {
  IbftMessage,
  IbftProposalMessage,
  IbftRoundChangeMessage,
  IbftVoteMessage,
  UnsignedIbftMessage,
} from './message.ts';

/** The block that this node may not abandon: it has said COMMIT for it, or seen that a quorum prepared it. */
export interface IbftLock {
  /** The last round in which that happened; votes of a quorum for another block in a later round release the lock (strict). */
  readonly round: number;
  readonly digest: Hash32;
  readonly block: Block;
  /** PREPAREs and COMMITs of a quorum for it in one round: shown to others, so that they release older locks. */
  readonly votes: readonly IbftVoteMessage[];
}

/** What must be on disk before a signed message leaves; it replaces the record before it. */
export interface IbftRecord {
  readonly height: number;
  readonly round: number;
  /** A ROUND-CHANGE for this round was signed, and no quorum of them had come. */
  readonly waiting: boolean;
  /** The block of the PRE-PREPARE signed in this round. */
  readonly proposed: Block | undefined;
  readonly prepareDigest: Hash32 | undefined;
  readonly commitDigest: Hash32 | undefined;
  readonly lock: IbftLock | undefined;
}

/** Everything that can happen to the machine. */
export type IbftInput = BftInput<IbftMessage, IbftRecord>;

/** Everything that the machine asks for. */
export type IbftEffect = BftEffect<IbftMessage, UnsignedIbftMessage, IbftRecord>;

/** A PRE-PREPARE that is being verified. */
export interface PendingProposal {
  readonly proposal: Proposal;
  readonly message: IbftProposalMessage;
}

/** The machine's state. Values are never changed in place. */
export interface IbftState extends BftState<IbftMessage, IbftRecord> {
  /** A ROUND-CHANGE for this round went out; the round begins with a quorum of them. */
  readonly waiting: boolean;
  /** The last round that began: in the original it alone decides who proposes (goquorum.md 9.4). */
  readonly begunRound: number;
  readonly pending: PendingProposal | undefined;
  /** Accepted in this round, or locked in an earlier one. */
  readonly proposal: Proposal | undefined;
  readonly prepares: BySigner<IbftVoteMessage>;
  readonly commits: BySigner<IbftVoteMessage>;
  readonly roundChanges: RoundChangeBook<IbftRoundChangeMessage>;
  readonly lock: IbftLock | undefined;
  readonly proposed: Block | undefined;
  /** Strict: votes of rounds of this height that are over, newest last; a quorum of them may move the lock. */
  readonly lateVotes: readonly IbftVoteMessage[];
  /** Strict: proposals accepted at this height, newest last. */
  readonly accepted: readonly Proposal[];
  /** The height before this one (for COMMITs that the original gives to stragglers). */
  readonly previous: BftHeightContext | undefined;
}

/** What one step gives back. */
export type IbftStep = BftStep<IbftState, IbftEffect>;
