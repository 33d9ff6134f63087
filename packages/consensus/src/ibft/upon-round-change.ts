import type { Address } from '@isoquorum/primitives/bytes';
import { roundToJoin, withNewRoundChange, withRecordedRoundChange } from '../bft/round-changes.ts';
import { isActive, refuse, signerKey } from '../bft/turn.ts';
import type { Timer } from '../bft/types.ts';
import type { IbftRoundChangeMessage } from './message.ts';
import { askForRound, beginRound } from './round.ts';
import type { Turn } from './turn.ts';

/**
 * The original counts only the ROUND-CHANGEs for one round, and acts only at the very moment when there are F + 1, or a quorum;
 * where F + 1 is a quorum (three validators or fewer under 2F+1) it never begins a round.
 */
function uponRoundChangeAsRecorded(turn: Turn, message: IbftRoundChangeMessage, signer: Address): void {
  const { state, context, effects } = turn;
  const { round } = message;
  const book = withRecordedRoundChange(state.roundChanges, signerKey(signer), message);
  if (book === undefined) {
    refuse(turn, 'DUPLICATE_MESSAGE');
    return;
  }
  state.roundChanges = book;
  const count = state.roundChanges.get(round)?.size ?? 0;
  const isAhead = round > state.round;
  if (state.waiting && count === context.faults + 1) {
    if (isAhead) askForRound(turn, round);
  } else if (count === context.quorum && (state.waiting || isAhead)) beginRound(turn, round);
  else if (isAhead) {
    refuse(turn, 'ROUND_AHEAD');
    return;
  }
  effects.push({ type: 'relay', message });
}

/** A ROUND-CHANGE for the current round or a later one. */
export function uponRoundChange(turn: Turn, message: IbftRoundChangeMessage, signer: Address): void {
  const { state, context, effects } = turn;
  if (state.config.profile === 'goquorum') {
    uponRoundChangeAsRecorded(turn, message, signer);
    return;
  }
  const book = withNewRoundChange(state.roundChanges, signerKey(signer), message, state.round);
  if (book === undefined) {
    refuse(turn, 'DUPLICATE_MESSAGE');
    return;
  }
  state.roundChanges = book;
  effects.push({ type: 'relay', message });
  // The block of this height is final and being imported: no reason to leave its round.
  if (state.phase === 'committed') return;
  const target = roundToJoin(book, state.round, context.faults);
  if (target !== undefined) askForRound(turn, target);
  const asked = state.roundChanges.get(state.round)?.size ?? 0;
  if (state.waiting && asked >= context.quorum) beginRound(turn, state.round);
}

/** The original first joins the highest round above its own for which F + 1 validators ask. */
function roundAfterTimeout({ state, context }: Turn): number {
  if (state.config.profile === 'strict' || state.waiting) return state.round + 1;
  const asked = [...state.roundChanges].flatMap(([round, messages]) =>
    round > state.round && messages.size > context.faults ? [round] : [],
  );
  return asked.length === 0 ? state.round + 1 : Math.max(...asked);
}

/** The round took too long. */
export function uponRoundTimeout(turn: Turn, timer: Extract<Timer, { kind: 'round' }>): void {
  const { state, context } = turn;
  const strict = state.config.profile === 'strict';
  const isCurrent = timer.height === context.height && timer.round === state.round;
  if (!isCurrent || (strict && (state.phase === 'committed' || !isActive(state, context)))) {
    refuse(turn, 'STALE_INPUT');
    return;
  }
  askForRound(turn, roundAfterTimeout(turn));
}
