import { bytesEqual } from '@isoquorum/primitives/hex';
import { repostBacklog } from './backlog.ts';
import type { PreparedCertificate, QbftEffect } from './types.ts';
import { startRoundTimer } from './round-timer.ts';
import { broadcastOnceDurable, type DraftState, proposerAt, type Turn } from './turn.ts';

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

/** Tells the world that a round began. */
export function announceRound(turn: Turn, roundChange: boolean): void {
  const { state, context, effects } = turn;
  const proposer = proposerAt(context, state.round);
  const isProposer = proposer !== undefined && bytesEqual(proposer, state.config.address);
  const { round } = state;
  effects.push({ type: 'roundStarted', height: context.height, round, proposer, isProposer, roundChange });
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
