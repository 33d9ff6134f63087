import type { Address } from '@isoquorum/primitives/bytes';
import { bytesEqual, bytesToBareHex } from '@isoquorum/primitives/hex';
import { timestampSeconds } from '../header-rules.ts';
import { proposerOf } from '../proposer.ts';
import { bftRefusal, type BftRefusalCode } from './refusal.ts';
import type {
  BftEffect,
  BftHeightContext,
  BftInput,
  BftMachineConfig,
  BftMessage,
  BftRecord,
  BftState,
} from './types.ts';

/** A state under change: fields are assigned, but maps and lists inside are replaced, never changed. */
export type Draft<State> = { -readonly [Key in keyof State]: State[Key] };

/** One step under way, as far as both machines are alike. */
export interface BftTurn<Message extends BftMessage, Unsigned, Record extends BftRecord> {
  readonly input: BftInput<Message, Record>;
  readonly state: Draft<BftState<Message, Record>>;
  readonly context: BftHeightContext;
  readonly effects: BftEffect<Message, Unsigned, Record>[];
}

/** The key of a signer in maps. */
export function signerKey(address: Address): string {
  return bytesToBareHex(address);
}

/** True when the address is a validator of the height. */
export function isValidatorOf(context: BftHeightContext, address: Address): boolean {
  return context.validators.some((validator) => bytesEqual(validator, address));
}

/** True when this node may sign at this height. */
export function isActive(
  state: { readonly passive: boolean; readonly config: BftMachineConfig },
  context: BftHeightContext,
): boolean {
  return !state.passive && isValidatorOf(context, state.config.address);
}

/** The proposer of a round of the height. */
export function proposerAt(context: BftHeightContext, round: number): Address | undefined {
  return proposerOf(context.validators, context.parentAuthor, round, context.policy);
}

/** True when the address proposes in the round. */
export function isProposerOf(context: BftHeightContext, round: number, address: Address): boolean {
  const proposer = proposerAt(context, round);
  return proposer !== undefined && bytesEqual(proposer, address);
}

/** True when this node proposes in the current round. */
export function isOwnTurn<M extends BftMessage, U, R extends BftRecord>({ state, context }: BftTurn<M, U, R>): boolean {
  return isProposerOf(context, state.round, state.config.address);
}

/** Says that the input is not accepted, and why. */
export function refuse<M extends BftMessage, U, R extends BftRecord>(
  turn: BftTurn<M, U, R>,
  code: BftRefusalCode,
  text?: string,
): void {
  turn.effects.push({ type: 'refused', refusal: bftRefusal(code, text), input: turn.input });
}

/** Reports a validator that breaks the rules, and refuses the input. */
export function accuse<M extends BftMessage, U, R extends BftRecord>(
  turn: BftTurn<M, U, R>,
  validator: Address,
  code: BftRefusalCode,
  evidence: readonly M[],
  text?: string,
): void {
  turn.effects.push({ type: 'misbehaviour', validator, refusal: bftRefusal(code, text), evidence });
  refuse(turn, code, text);
}

/**
 * Lets a message leave once the record, which must tell of it already, is durable. In profile `goquorum` every start is
 * fresh, so nothing is recorded there.
 */
export function broadcastWithRecord<M extends BftMessage, U, R extends BftRecord>(
  turn: BftTurn<M, U, R>,
  message: U,
  record: R,
): void {
  const broadcast: BftEffect<M, U, R> = { type: 'broadcast', message };
  if (turn.state.config.profile === 'goquorum') {
    turn.effects.push(broadcast);
    return;
  }
  turn.state.record = record;
  // oxlint-disable-next-line unicorn/no-thenable -- an effect is data and is never awaited; `then` says what must wait
  turn.effects.push({ type: 'persist', record, then: [broadcast] });
}

/** Tells the world that a round began. */
export function announceRound<M extends BftMessage, U, R extends BftRecord>(
  turn: BftTurn<M, U, R>,
  roundChange: boolean,
): void {
  const { state, context, effects } = turn;
  const { round } = state;
  const proposer = proposerAt(context, round);
  effects.push({
    type: 'roundStarted',
    height: context.height,
    round,
    proposer,
    isProposer: isOwnTurn(turn),
    roundChange,
  });
}

/** Asks for a candidate block, to be delivered when the period says (else at once). */
export function requestBlock<M extends BftMessage, U, R extends BftRecord>(
  turn: BftTurn<M, U, R>,
  isDueByPeriod: boolean,
): void {
  const { state, context, effects } = turn;
  if (state.building) return;
  state.building = true;
  const { dueMs, emptyDueMs } = blockDueMs(context);
  effects.push({
    type: 'buildBlock',
    height: context.height,
    parentHash: context.parentHash,
    minTimestamp: timestampSeconds(context.parent) + BigInt(context.blockPeriodSeconds),
    deadlineMs: isDueByPeriod ? dueMs : undefined,
    emptyDeadlineMs: isDueByPeriod && emptyDueMs > dueMs ? emptyDueMs : undefined,
  });
}

/**
 * Milliseconds (Unix time) at which the next block is due at the earliest, and at the latest if it is empty: never, where
 * blocks are made on demand and no period is set for empty ones.
 */
export function blockDueMs(context: BftHeightContext): { readonly dueMs: number; readonly emptyDueMs: number } {
  const { blockPeriodSeconds, emptyBlockPeriodSeconds } = context;
  const parentMs = Number(timestampSeconds(context.parent)) * 1000;
  const dueMs = parentMs + blockPeriodSeconds * 1000;
  if (blockPeriodSeconds === 0 && emptyBlockPeriodSeconds === 0) return { dueMs, emptyDueMs: Number.POSITIVE_INFINITY };
  return { dueMs, emptyDueMs: Math.max(dueMs, parentMs + emptyBlockPeriodSeconds * 1000) };
}

/**
 * Begins to wait at a height: the time of round 0 runs when the block is due even if it is empty; never, on demand.
 * @returns milliseconds until then
 */
export function waitForBlock<M extends BftMessage, U, R extends BftRecord>(
  turn: BftTurn<M, U, R>,
  nowMs: number,
): number {
  const { dueMs, emptyDueMs } = blockDueMs(turn.context);
  if (turn.state.round > 0) return 0;
  turn.state.idle = emptyDueMs > dueMs;
  return Math.max(emptyDueMs - nowMs, 0);
}

/**
 * There are transactions for a block: it is due by the period for full ones.
 * @returns milliseconds until then; undefined when that changes nothing
 */
export function stopIdling<M extends BftMessage, U, R extends BftRecord>(
  turn: BftTurn<M, U, R>,
  nowMs: number,
): number | undefined {
  const { state, context } = turn;
  if (!state.idle) return undefined;
  state.idle = false;
  if (state.round > 0 || state.phase !== 'acceptRequest') return undefined;
  return Math.max(blockDueMs(context).dueMs - nowMs, 0);
}

/** Longest timer that every platform can run: 2^31 - 1 ms. */
export const timerMsMax = 0x7fffffff;

/** (Re)starts the timer of the current round. */
export function setRoundTimer<M extends BftMessage, U, R extends BftRecord>(
  turn: BftTurn<M, U, R>,
  durationMs: number,
): void {
  const timer = { kind: 'round', height: turn.context.height, round: turn.state.round } as const;
  turn.effects.push({ type: 'setTimer', timer, durationMs: Math.min(durationMs, timerMsMax) });
}

/** A copy of the map with one entry more. */
export function withEntry<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key, value: Value): ReadonlyMap<Key, Value> {
  return new Map(map).set(key, value);
}
