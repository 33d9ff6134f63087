import type { Block } from '@isoquorum/primitives/block';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual, bytesToBareHex } from '@isoquorum/primitives/hex';
import { qbftCommitDigest } from '@isoquorum/primitives/istanbul-seal';
import { proposerOf } from '../proposer.ts';
import type { QbftMessage, UnsignedQbftMessage } from './message.ts';
import { type QbftRefusalCode, qbftRefusal } from './refusal.ts';
import type { DurableRecord, QbftEffect, QbftHeightContext, QbftInput, QbftState } from './types.ts';

/** A state under change: fields are assigned, but maps and lists inside are replaced, never changed. */
export type DraftState = { -readonly [Key in keyof QbftState]: QbftState[Key] };

/** One step under way. */
export interface Turn {
  readonly input: QbftInput;
  readonly state: DraftState;
  readonly context: QbftHeightContext;
  readonly effects: QbftEffect[];
}

/** The key of a signer in maps. */
export function signerKey(address: Address): string {
  return bytesToBareHex(address);
}

/** True when the address is a validator of the height. */
export function isValidatorOf(context: QbftHeightContext, address: Address): boolean {
  return context.validators.some((validator) => bytesEqual(validator, address));
}

/** True when this node may sign at this height. */
export function isActive(state: QbftState, context: QbftHeightContext): boolean {
  return !state.passive && isValidatorOf(context, state.config.address);
}

/** The proposer of a round of the height. */
export function proposerAt(context: QbftHeightContext, round: number): Address | undefined {
  return proposerOf(context.validators, context.parentAuthor, round, context.policy);
}

/** True when this node proposes in the current round. */
export function isOwnTurn({ state, context }: Turn): boolean {
  const proposer = proposerAt(context, state.round);
  return proposer !== undefined && bytesEqual(proposer, state.config.address);
}

/** Says that the input is not accepted, and why. */
export function refuse(turn: Turn, code: QbftRefusalCode, text?: string): void {
  turn.effects.push({ type: 'refused', refusal: qbftRefusal(code, text), input: turn.input });
}

/** Reports a validator that breaks the rules, and refuses the input. */
export function accuse(
  turn: Turn,
  validator: Address,
  code: QbftRefusalCode,
  evidence: readonly QbftMessage[],
  text?: string,
): void {
  turn.effects.push({ type: 'misbehaviour', validator, refusal: qbftRefusal(code, text), evidence });
  refuse(turn, code, text);
}

/** The record that mirrors the state. */
export function durableRecordOf(state: QbftState, context: QbftHeightContext): DurableRecord {
  const { round, proposed, prepareDigest, commitDigest, certificate } = state;
  return { height: context.height, round, proposed, prepareDigest, commitDigest, certificate };
}

/**
 * Lets a message leave once the record, which must tell of it already, is durable. In profile `goquorum` every start is
 * fresh, so nothing is recorded there.
 */
export function broadcastOnceDurable(turn: Turn, message: UnsignedQbftMessage): void {
  const broadcast: QbftEffect = { type: 'broadcast', message };
  if (turn.state.config.profile === 'goquorum') {
    turn.effects.push(broadcast);
    return;
  }
  const record = durableRecordOf(turn.state, turn.context);
  turn.state.record = record;
  // oxlint-disable-next-line unicorn/no-thenable -- an effect is data and is never awaited; `then` says what must wait
  turn.effects.push({ type: 'persist', record, then: [broadcast] });
}

/** What a COMMIT for the block in this round seals; undefined when its extra is not QBFT's. */
export function sealDigestOf(block: Block, round: number): Hash32 | undefined {
  try {
    return qbftCommitDigest(block.header, round);
  } catch {
    return undefined;
  }
}

/** A copy of the map with one entry more. */
export function withEntry<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key, value: Value): ReadonlyMap<Key, Value> {
  return new Map(map).set(key, value);
}
