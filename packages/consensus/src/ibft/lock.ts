import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { signerKey } from '../bft/turn.ts';
import type { Proposal } from '../bft/types.ts';
import type { IbftVoteMessage } from './message.ts';
import { lockedProposal, type Turn } from './turn.ts';

/** Votes of one sender that are kept for one round that is over: two that differ prove a traitor, more say nothing new. */
const lateVotesMax = 2;
/** Rounds that are over of which votes are kept. */
const lateRoundsMax = 64;
/** Proposals of this height that are remembered. */
const acceptedMax = 4;

/** Votes for the block in this round, one of each sender: PREPAREs and COMMITs count alike, as in the original. */
export function votesFor({ state }: Turn): readonly IbftVoteMessage[] {
  return [...new Map([...state.commits, ...state.prepares]).values()];
}

/** Locks the proposal of this round. */
export function lockProposal(turn: Turn, proposal: Proposal, votes: readonly IbftVoteMessage[]): void {
  const { block, digest } = proposal;
  turn.state.lock = { round: turn.state.round, digest, block, votes };
}

/** Remembers what was accepted, so that a lock can move to it later. */
export function rememberAccepted(turn: Turn, proposal: Proposal): void {
  const { state } = turn;
  const others = state.accepted.filter(({ digest }) => !bytesEqual(digest, proposal.digest));
  state.accepted = [...others, proposal].slice(-acceptedMax);
}

/** Keeps votes of a round that is over, bounded by rounds, senders and their votes. */
export function keepLateVotes(turn: Turn, votes: readonly IbftVoteMessage[]): void {
  const { state } = turn;
  const kept = [...state.lateVotes];
  for (const vote of votes) {
    const sender = signerKey(vote.sender);
    const alike = kept.filter((other) => other.round === vote.round && signerKey(other.sender) === sender);
    const isKnown = alike.some((other) => bytesEqual(other.digest, vote.digest));
    if (!isKnown && alike.length < lateVotesMax) kept.push(vote);
  }
  const rounds = [...new Set(kept.map(({ round }) => round))].sort((left, right) => left - right);
  const oldest = rounds.at(-lateRoundsMax) ?? 0;
  state.lateVotes = kept.filter(({ round }) => round >= oldest);
}

/** The newest round after `after` in which a quorum voted for one block. */
function latestQuorum(turn: Turn, after: number): { digest: Hash32; votes: readonly IbftVoteMessage[] } | undefined {
  const { state, context } = turn;
  const rounds = [...new Set(state.lateVotes.map(({ round }) => round))].filter((round) => round > after);
  for (const round of rounds.sort((left, right) => right - left)) {
    const inRound = state.lateVotes.filter((vote) => vote.round === round);
    for (const { digest } of inRound) {
      const votes = inRound.filter((vote) => bytesEqual(vote.digest, digest));
      if (votes.length >= context.quorum) return { digest, votes };
    }
  }
  return undefined;
}

/**
 * Strict: a quorum that voted for a block in a round after that of the lock proves that the locked block was not decided
 * before, and cannot have been since. The lock moves to that block if this node has it, else it is released (ADR 012).
 */
export function followQuorum(turn: Turn): void {
  const { state } = turn;
  const found = latestQuorum(turn, state.lock?.round ?? -1);
  if (found === undefined) return;
  const { digest, votes } = found;
  const round = votes[0]?.round ?? 0;
  if (state.lock !== undefined && bytesEqual(state.lock.digest, digest)) {
    state.lock = { ...state.lock, round, votes };
    return;
  }
  const known = state.accepted.find((proposal) => bytesEqual(proposal.digest, digest));
  state.lock = known && { round, digest, block: known.block, votes };
  if (state.phase === 'acceptRequest') state.proposal = lockedProposal(state.lock, state.config.address);
}
