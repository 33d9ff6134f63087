import { type Block, blockHash } from '@isoquorum/primitives/block';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { zeroHash } from '@isoquorum/primitives/header';
import { ibftCommitDigest } from '@isoquorum/primitives/istanbul-seal';
import { type BftTurn, broadcastWithRecord, type Draft, setRoundTimer } from '../bft/turn.ts';
import type { BftHeightContext, Proposal } from '../bft/types.ts';
import type { IbftMessage, UnsignedIbftMessage } from './message.ts';
import type { IbftLock, IbftRecord, IbftState } from './types.ts';

export type DraftState = Draft<IbftState>;

/** One step of IBFT under way. */
export interface Turn extends BftTurn<IbftMessage, UnsignedIbftMessage, IbftRecord> {
  readonly state: DraftState;
}

function recordOf(state: IbftState, context: BftHeightContext): IbftRecord {
  const { round, waiting, proposed, prepareDigest, commitDigest, lock } = state;
  return { height: context.height, round, waiting, proposed, prepareDigest, commitDigest, lock };
}

/** Lets a message leave once the record, which must tell of it already, is durable. */
export function broadcastOnceDurable(turn: Turn, message: UnsignedIbftMessage): void {
  broadcastWithRecord(turn, message, recordOf(turn.state, turn.context));
}

/** A block as a proposal. */
export function proposalOf(block: Block, signer: Address): Proposal {
  const digest = blockHash(block);
  return { block, digest, sealDigest: ibftCommitDigest(digest), signer };
}

/** The locked block as a proposal; it is proposed again in later rounds. */
export function lockedProposal(lock: IbftLock | undefined, self: Address): Proposal | undefined {
  return lock && { block: lock.block, digest: lock.digest, sealDigest: ibftCommitDigest(lock.digest), signer: self };
}

/** The PRE-PREPARE of the current round. */
export function proposeBlock(turn: Turn, block: Block): void {
  const { state, context } = turn;
  state.proposed = block;
  broadcastOnceDurable(turn, {
    type: 'prePrepare',
    height: context.height,
    round: state.round,
    sender: state.config.address,
    block,
  });
}

/** A PREPARE or COMMIT in the current round. */
export function vote(turn: Turn, type: 'prepare' | 'commit', digest: Hash32): void {
  const { state, context } = turn;
  if (type === 'prepare') state.prepareDigest = digest;
  else state.commitDigest = digest;
  const sealDigest = type === 'commit' ? ibftCommitDigest(digest) : undefined;
  const { height } = context;
  broadcastOnceDurable(turn, { type, height, round: state.round, sender: state.config.address, digest, sealDigest });
}

/** The ROUND-CHANGE for the current round. */
export function broadcastRoundChange(turn: Turn): void {
  const { state, context } = turn;
  broadcastOnceDurable(turn, {
    type: 'roundChange',
    height: context.height,
    round: state.round,
    sender: state.config.address,
    digest: zeroHash,
  });
}

/** How long a round may last: base + 2^round seconds after round 0, capped (goquorum.md 9.4). Milliseconds. */
export function ibftRoundTimeoutMs(context: BftHeightContext, round: number): number {
  const { requestTimeoutMs, requestTimeoutMsMax } = context;
  const grown = requestTimeoutMs + (round > 0 ? 1000 * 2 ** Math.min(round, 64) : 0);
  return requestTimeoutMsMax > 0 ? Math.min(grown, Math.max(requestTimeoutMsMax, requestTimeoutMs)) : grown;
}

/** (Re)starts the timer of the current round; it waits `waitMs` longer. */
export function startRoundTimer(turn: Turn, waitMs = 0): void {
  setRoundTimer(turn, ibftRoundTimeoutMs(turn.context, turn.state.round) + waitMs);
}
