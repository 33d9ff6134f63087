import { forgetStrangers } from './backlog.ts';
import type { BftTurn } from './turn.ts';
import type { BftMessage, BftRecord } from './types.ts';

/** Round 0 of the height of the context, with nothing known of it yet: as far as both machines are alike. */
export function enterRoundZero<M extends BftMessage, U, R extends BftRecord>(
  turn: BftTurn<M, U, R>,
  record: R | undefined,
): void {
  const { state, context, effects } = turn;
  state.context = context;
  state.round = 0;
  state.phase = 'acceptRequest';
  state.ownMessages = [];
  state.candidate = undefined;
  state.building = false;
  state.idle = false;
  state.passive = record !== undefined && context.height < record.height;
  effects.push({ type: 'cancelTimer', kind: 'round' }, { type: 'cancelTimer', kind: 'proposal' });
  forgetStrangers(turn);
}

/** The original: a candidate for this height that came early is looked at now. */
export function takeFutureCandidate<M extends BftMessage, U, R extends BftRecord>(turn: BftTurn<M, U, R>): void {
  const { state, context, effects } = turn;
  const next = state.futureCandidate;
  if (next === undefined || next.header.number > context.height) return;
  state.futureCandidate = undefined;
  if (next.header.number === context.height)
    effects.push({ type: 'repost', input: { type: 'blockBuilt', block: next } });
}
