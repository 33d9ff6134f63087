import { enterRoundZero, takeFutureCandidate } from '../bft/enter-height.ts';
import { announceRound, isActive, isOwnTurn, requestBlock, waitForBlock } from '../bft/turn.ts';
import { repostBacklog } from './check-message.ts';
import { broadcastRoundChange, clearRound } from './round.ts';
import { startRoundTimer } from './round-timer.ts';
import { sealDigestOf, type Turn } from './turn.ts';
import type { DurableRecord, QbftEffect } from './types.ts';

/** Takes the height of the context, with nothing known of it yet. */
export function enterHeight(turn: Turn, record: DurableRecord | undefined): void {
  const { state } = turn;
  clearRound(state);
  state.roundChanges = new Map();
  state.certificate = undefined;
  enterRoundZero(turn, record);
}

/** Goes on where the record says that this node was, and sends again what it had signed in that round. */
export function resume(turn: Turn, record: DurableRecord): void {
  const { state, context } = turn;
  const { round, proposed, prepareDigest, commitDigest, certificate } = record;
  Object.assign(state, { round, proposed, prepareDigest, commitDigest, certificate });
  const again: QbftEffect[] = [];
  const { height } = context;
  if (proposed !== undefined) again.push({ type: 'broadcast', message: proposed });
  if (prepareDigest !== undefined)
    again.push({ type: 'broadcast', message: { type: 'prepare', height, round, digest: prepareDigest } });
  if (commitDigest !== undefined && certificate !== undefined && certificate.round === round) {
    const { block } = certificate;
    const sealDigest = sealDigestOf(block, round);
    if (sealDigest !== undefined) {
      state.phase = 'prepared';
      state.proposal = { block, digest: commitDigest, sealDigest, signer: block.header.coinbase };
      again.push({ type: 'broadcast', message: { type: 'commit', height, round, digest: commitDigest, sealDigest } });
    }
  }
  announceRound(turn, round > 0);
  // A certificate of this very round came after the ROUND-CHANGE for it, which therefore cannot be said again.
  if (round > 0 && (certificate === undefined || certificate.round < round)) broadcastRoundChange(turn, certificate);
  turn.effects.push(...again);
}

/** First acts at a height: timer, candidate block, stored messages. */
export function begin(turn: Turn, nowMs: number): void {
  const { state, context } = turn;
  if (!isActive(state, context)) return;
  if (state.config.profile === 'goquorum') {
    // Every validator builds a candidate; its arrival starts the timer.
    requestBlock(turn, true);
    takeFutureCandidate(turn);
  } else {
    const waitMs = waitForBlock(turn, nowMs);
    if (waitMs !== Number.POSITIVE_INFINITY) startRoundTimer(turn, waitMs);
    if (state.round === 0 && isOwnTurn(turn) && state.proposed === undefined) requestBlock(turn, true);
  }
  repostBacklog(turn);
}
