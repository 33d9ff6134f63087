import { announceRound } from '../bft/turn.ts';
import { repostBacklog } from './check-message.ts';
import { startRoundTimer } from './round-timer.ts';
import { broadcastOnceDurable, type DraftState, type Turn } from './turn.ts';
import type { PreparedCertificate, QbftEffect } from './types.ts';

/** Forgets everything that belongs to one round. */
export function clearRound(state: DraftState): void {
  state.phase = 'acceptRequest';
  state.proposal = undefined;
  state.proposalMessage = undefined;
  state.verifying = false;
  state.prepares = new Map();
  state.commits = new Map();
  state.proposed = undefined;
  state.prepareDigest = undefined;
  state.commitDigest = undefined;
  state.ownMessages = [];
}

/** The ROUND-CHANGE for the current round, with what is prepared. */
export function broadcastRoundChange(turn: Turn, certificate: PreparedCertificate | undefined): void {
  const { state, context } = turn;
  const prepared = certificate && { round: certificate.round, digest: certificate.digest };
  broadcastOnceDurable(turn, {
    type: 'roundChange',
    height: context.height,
    round: state.round,
    prepared,
    block: certificate?.block,
    prepares: certificate?.prepares ?? [],
  });
}

/** Leaves the current round for a later one of the same height, and says so to the others. */
export function changeRound(turn: Turn, round: number): void {
  const { state, effects } = turn;
  clearRound(state);
  state.round = round;
  state.roundChanges = new Map([...state.roundChanges].filter(([other]) => other >= round));
  const cancel: QbftEffect = { type: 'cancelTimer', kind: 'proposal' };
  effects.push(cancel);
  announceRound(turn, true);
  startRoundTimer(turn);
  broadcastRoundChange(turn, state.certificate);
  repostBacklog(turn);
}
