import type { Address } from '@isoquorum/primitives/bytes';
import { areSignedByValidators, certificateFlaw } from './justification.ts';
import type { RoundChangeMessage } from './message.ts';
import { proposeIfJustified } from './propose.ts';
import { changeRound } from './round.ts';
import { accuse, refuse, signerKey, type Turn, withEntry } from './turn.ts';
import type { BySigner } from './types.ts';

/** Strict: per signer only the ROUND-CHANGE for the current round and the one for the highest round are kept. */
function withoutLower(turn: Turn, key: string, round: number): ReadonlyMap<number, BySigner<RoundChangeMessage>> {
  const { state } = turn;
  const kept = new Map<number, BySigner<RoundChangeMessage>>();
  for (const [other, messages] of state.roundChanges) {
    if (other > state.round && other < round && messages.has(key)) {
      const rest = new Map(messages);
      rest.delete(key);
      if (rest.size > 0) kept.set(other, rest);
    } else kept.set(other, messages);
  }
  return kept;
}

/** Stores a ROUND-CHANGE; false when it brings nothing new. */
function store(turn: Turn, message: RoundChangeMessage, signer: Address): boolean {
  const { state } = turn;
  const key = signerKey(signer);
  const strict = state.config.profile === 'strict';
  if (strict) {
    const isPassed = [...state.roundChanges].some(
      ([round, messages]) =>
        messages.has(key) && (round === message.round || (round > message.round && message.round > state.round)),
    );
    if (isPassed) return false;
    state.roundChanges = withoutLower(turn, key, message.round);
  }
  const messages = state.roundChanges.get(message.round) ?? new Map<string, RoundChangeMessage>();
  state.roundChanges = withEntry(state.roundChanges, message.round, withEntry(messages, key, message));
  return true;
}

/**
 * The round to jump to: F + 1 validators, so at least one correct one, ask for it or a later one. The original looks only
 * at the moment when there are exactly F + 1, and takes the lowest round.
 */
function roundToJoin(turn: Turn): number | undefined {
  const { state, context } = turn;
  const highest = new Map<string, number>();
  let lowest = Number.POSITIVE_INFINITY;
  for (const [round, messages] of state.roundChanges) {
    if (round <= state.round) continue;
    if (messages.size > 0) lowest = Math.min(lowest, round);
    for (const key of messages.keys()) highest.set(key, Math.max(highest.get(key) ?? 0, round));
  }
  const needed = context.faults + 1;
  if (state.config.profile === 'goquorum') return highest.size === needed ? lowest : undefined;
  const rounds = [...highest.values()].sort((left, right) => right - left);
  return rounds[needed - 1];
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
      accuse(turn, signer, 'CERTIFICATE_INVALID', [message], flaw);
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
  const target = roundToJoin(turn);
  if (target !== undefined) changeRound(turn, target);
  else proposeIfJustified(turn);
}
