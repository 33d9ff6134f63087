import type { Address } from '@isoquorum/primitives/bytes';
import { highestAskedFor, roundToJoin, withNewRoundChange, withRecordedRoundChange } from '../bft/round-changes.ts';
import { accuse, refuse, signerKey } from '../bft/turn.ts';
import { areSignedByValidators, certificateFlaw } from './justification.ts';
import type { RoundChangeMessage } from './message.ts';
import { withFewBlocks } from './prepared-blocks.ts';
import { proposeIfJustified } from './propose.ts';
import { changeRound } from './round.ts';
import type { Turn } from './turn.ts';

/** Stores a ROUND-CHANGE; false when it brings nothing new. */
function store(turn: Turn, message: RoundChangeMessage, signer: Address): boolean {
  const { state } = turn;
  const key = signerKey(signer);
  if (state.config.profile === 'strict') {
    const book = withNewRoundChange(state.roundChanges, key, message, state.round);
    if (book !== undefined) state.roundChanges = book;
    return book !== undefined;
  }
  const book = withRecordedRoundChange(state.roundChanges, key, message);
  if (book !== undefined) state.roundChanges = withFewBlocks(book, key, state.round);
  return book !== undefined;
}

/**
 * The round to jump to: F + 1 validators, so at least one correct one, ask for it or a later one. The original looks only
 * at the moment when there are exactly F + 1, and takes the lowest round.
 */
function roundToFollow({ state, context }: Turn): number | undefined {
  const { roundChanges, round } = state;
  if (state.config.profile === 'strict') return roundToJoin(roundChanges, round, context.faults);
  if (highestAskedFor(roundChanges, round).size !== context.faults + 1) return undefined;
  return Math.min(...[...roundChanges].flatMap(([at, messages]) => (at > round && messages.size > 0 ? [at] : [])));
}

/** A ROUND-CHANGE for the current or a later round (UponRoundChange). */
export function uponRoundChange(turn: Turn, message: RoundChangeMessage, signer: Address): void {
  const { state, context, effects } = turn;
  const { config } = state;
  if (!areSignedByValidators(message.prepares, config, context)) {
    accuse(turn, signer, 'CERTIFICATE_INVALID', [message], 'message not signed by the sender');
    return;
  }
  if (config.profile === 'strict' && message.prepared !== undefined) {
    const flaw = certificateFlaw(message, config, context);
    if (flaw !== undefined) {
      accuse(turn, signer, 'CERTIFICATE_INSUFFICIENT', [message], flaw);
      return;
    }
  }
  if (!store(turn, message, signer)) {
    refuse(turn, 'DUPLICATE_MESSAGE');
    return;
  }
  effects.push({ type: 'relay', message });
  // The block of this height is final and being imported: no reason to leave its round.
  if (config.profile === 'strict' && state.phase === 'committed') return;
  const target = roundToFollow(turn);
  if (target !== undefined) changeRound(turn, target);
  else proposeIfJustified(turn);
}
