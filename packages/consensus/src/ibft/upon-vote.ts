import type { Address } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { istanbulSealLength } from '@isoquorum/primitives/istanbul-extra';
import { withIbftSeals } from '@isoquorum/primitives/istanbul-seal';
import { accuse, refuse, signerKey, withEntry } from '../bft/turn.ts';
import type { Proposal } from '../bft/types.ts';
import { repostBacklog } from './check-message.ts';
import { followQuorum, keepLateVotes, lockProposal, votesFor } from './lock.ts';
import type { IbftVoteMessage } from './message.ts';
import { askForRound } from './round.ts';
import { type Turn, vote } from './turn.ts';

/** Strict: the seal inside a COMMIT is by its sender. The original believes it, and spoils the header with a bad one. */
function isSealValid(turn: Turn, message: IbftVoteMessage, proposal: Proposal, signer: Address): boolean {
  const { config } = turn.state;
  if (config.profile === 'goquorum') return true;
  const sealer = config.recover(proposal.sealDigest, message.committedSeal);
  return sealer !== undefined && bytesEqual(sealer, signer);
}

/** A PREPARE or COMMIT for the current view. */
export function uponVote(turn: Turn, message: IbftVoteMessage, signer: Address): void {
  const { state, effects } = turn;
  const { proposal } = state;
  if (proposal === undefined || !bytesEqual(proposal.digest, message.digest)) {
    refuse(turn, 'INCONSISTENT_SUBJECT', 'inconsistent subjects');
    return;
  }
  const key = signerKey(signer);
  const isCommit = message.type === 'commit';
  const votes = isCommit ? state.commits : state.prepares;
  if (state.config.profile === 'strict' && votes.has(key)) {
    refuse(turn, 'DUPLICATE_MESSAGE');
    return;
  }
  if (isCommit && !isSealValid(turn, message, proposal, signer)) {
    accuse(turn, signer, 'COMMIT_SEAL_INVALID', [message]);
    return;
  }
  if (isCommit) state.commits = withEntry(votes, key, message);
  else state.prepares = withEntry(votes, key, message);
  effects.push({ type: 'relay', message });
  if (isCommit) commitIfDecided(turn, proposal);
  // The original looks at the union of votes only when a PREPARE comes; strict also when a COMMIT does.
  if (!isCommit || state.config.profile === 'strict') prepareIfAgreed(turn, proposal);
}

/** A quorum voted for the proposal: lock it, commit to it. */
function prepareIfAgreed(turn: Turn, proposal: Proposal): void {
  const { state, context } = turn;
  if (state.phase !== 'preprepared') return;
  const lock = state.config.profile === 'goquorum' ? state.lock : undefined;
  const votes = votesFor(turn);
  const isLocked = lock !== undefined && bytesEqual(lock.digest, proposal.digest);
  if (!isLocked && votes.length < context.quorum) return;
  state.phase = 'prepared';
  lockProposal(turn, proposal, isLocked ? lock.votes : votes);
  vote(turn, 'commit', proposal.digest);
  repostBacklog(turn);
}

/** A quorum committed: the block with its seals is final. */
function commitIfDecided(turn: Turn, proposal: Proposal): void {
  const { state, context, effects } = turn;
  if (state.phase === 'committed' || state.commits.size < context.quorum) return;
  lockProposal(turn, proposal, votesFor(turn));
  state.phase = 'committed';
  if (state.config.profile === 'strict') effects.push({ type: 'cancelTimer', kind: 'round' });
  const seals = [...state.commits.values()].map(({ committedSeal }) =>
    // The original copies an absent seal into 65 zero bytes.
    committedSeal.length === istanbulSealLength ? committedSeal : new Uint8Array(istanbulSealLength),
  );
  const { block, digest } = proposal;
  const final = { ...block, header: withIbftSeals(block.header, seals) };
  effects.push({ type: 'commitBlock', round: state.round, digest, block: final });
  repostBacklog(turn);
}

/** The final block could not be imported. The original then forgets its lock, which can lead to a second final block. */
export function uponCommitFailed(turn: Turn, height: number): void {
  const { state, context } = turn;
  if (height !== context.height || state.phase !== 'committed') {
    refuse(turn, 'STALE_INPUT');
    return;
  }
  if (state.config.profile === 'goquorum') state.lock = undefined;
  askForRound(turn, state.round + 1);
}

/** Strict: a vote of a round of this height that is over may complete a quorum there, which moves the lock. */
export function uponLateVote(turn: Turn, message: IbftVoteMessage): void {
  const { state, effects } = turn;
  const before = state.lateVotes;
  keepLateVotes(turn, [message]);
  if (state.lateVotes.length === before.length) {
    refuse(turn, 'OLD_MESSAGE');
    return;
  }
  effects.push({ type: 'relay', message });
  followQuorum(turn);
}
