import type { Address } from '@isoquorum/primitives/bytes';
import { signerKey, withEntry } from '../bft/turn.ts';
import { isNewVote } from '../bft/votes.ts';
import { repostBacklog } from './check-message.ts';
import type { PrepareMessage } from './message.ts';
import { broadcastOnceDurable, type Turn } from './turn.ts';

/** A PREPARE for the current view (UponPrepare): a quorum of them makes the proposal prepared. */
export function uponPrepare(turn: Turn, message: PrepareMessage, signer: Address): void {
  const { state, context, effects } = turn;
  if (!isNewVote(turn, state.proposal, state.prepares, { digest: message.digest, signer })) return;
  state.prepares = withEntry(state.prepares, signerKey(signer), message);
  effects.push({ type: 'relay', message });
  if (state.phase === 'preprepared' && state.prepares.size >= context.quorum) becomePrepared(turn);
}

/** A quorum prepared the proposal: keep the certificate, commit. */
function becomePrepared(turn: Turn): void {
  const { state, context } = turn;
  if (state.proposal === undefined) return;
  const { block, digest, sealDigest } = state.proposal;
  const { height } = context;
  const { round } = state;
  state.phase = 'prepared';
  state.certificate = { round, digest, block, prepares: [...state.prepares.values()] };
  state.commitDigest = digest;
  broadcastOnceDurable(turn, { type: 'commit', height, round, digest, sealDigest });
  repostBacklog(turn);
}
