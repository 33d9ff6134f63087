import type { Address } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { withQbftSeals } from '@isoquorum/primitives/istanbul-seal';
import { accuse, refuse, signerKey, withEntry } from '../bft/turn.ts';
import { isNewVote } from '../bft/votes.ts';
import type { CommitMessage } from './message.ts';
import { changeRound } from './round.ts';
import type { Turn } from './turn.ts';

/** The original believes the seal inside a COMMIT; a bad one would spoil the header for every importer. */
function isSealValid(turn: Turn, message: CommitMessage, signer: Address): boolean {
  const { state } = turn;
  if (state.config.profile === 'goquorum' || state.proposal === undefined) return true;
  const sealer = state.config.recover(state.proposal.sealDigest, message.commitSeal);
  return sealer !== undefined && bytesEqual(sealer, signer);
}

/** A COMMIT for the current view (UponCommit): a quorum of them makes the block final. */
export function uponCommit(turn: Turn, message: CommitMessage, signer: Address): void {
  const { state, context, effects } = turn;
  if (!isNewVote(turn, state.proposal, state.commits, { digest: message.digest, signer })) return;
  if (!isSealValid(turn, message, signer)) {
    accuse(turn, signer, 'COMMIT_SEAL_INVALID', [message]);
    return;
  }
  state.commits = withEntry(state.commits, signerKey(signer), message);
  effects.push({ type: 'relay', message });
  if (state.commits.size >= context.quorum) decide(turn);
}

/** A quorum committed: the block with its seals is final. */
function decide(turn: Turn): void {
  const { state, effects } = turn;
  if (state.proposal === undefined) return;
  const { block, digest } = state.proposal;
  const { round } = state;
  state.phase = 'committed';
  const seals = [...state.commits.values()].map((commit) => commit.commitSeal);
  // The original lets the round timer run until the new head is there.
  if (state.config.profile === 'strict') effects.push({ type: 'cancelTimer', kind: 'round' });
  const final = { ...block, header: withQbftSeals(block.header, round, seals) };
  effects.push({ type: 'commitBlock', round, digest, block: final });
}

/** The final block could not be imported: try another round. */
export function uponCommitFailed(turn: Turn, height: number): void {
  const { state, context } = turn;
  if (height !== context.height || state.phase !== 'committed') {
    refuse(turn, 'STALE_INPUT');
    return;
  }
  changeRound(turn, state.round + 1);
}
