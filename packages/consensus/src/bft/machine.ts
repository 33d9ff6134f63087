import type { Block } from '@isoquorum/primitives/block';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { bftRefusal } from './refusal.ts';
import { announceRound, type BftTurn, type Draft, isActive, refuse, stopIdling } from './turn.ts';
import type {
  BftEffect,
  BftHeightContext,
  BftInput,
  BftMessage,
  BftRecord,
  BftState,
  BftStep,
  BlockVerdict,
  Timer,
} from './types.ts';
import { uponPeerConnected } from './upon-peer.ts';

/** One step of a machine under way. */
export type MachineTurn<State, Message extends BftMessage, Unsigned, Record extends BftRecord> = BftTurn<
  Message,
  Unsigned,
  Record
> & { readonly state: Draft<State> };

/** What an algorithm does upon each kind of input; `createMachine` makes a step function of it. */
export interface Reactions<Turn, Message, Record> {
  /** Takes the height of the context, with nothing known of it yet. `previous`: the height before, if the machine was there. */
  enterHeight(turn: Turn, record: Record | undefined, previous: BftHeightContext | undefined): void;
  /** Goes on where the record of this height says that the node was, and says again what it had signed. */
  resume(turn: Turn, record: Record): void;
  /** First acts at a height. */
  begin(turn: Turn, nowMs: number): void;
  startRoundTimer(turn: Turn, waitMs: number): void;
  blockBuilt(turn: Turn, block: Block): void;
  message(turn: Turn, message: Message): void;
  blockVerified(
    turn: Turn,
    answer: { readonly height: number; readonly digest: Uint8Array; readonly verdict: BlockVerdict },
  ): void;
  roundTimeout(turn: Turn, timer: Extract<Timer, { kind: 'round' }>): void;
  proposalTimeout(turn: Turn, timer: Extract<Timer, { kind: 'proposal' }>): void;
  commitFailed(turn: Turn, height: number): void;
}

/** A machine as a pure function of state and input. */
export interface Machine<State, Message, Unsigned, Record> {
  /** Equal state and input give equal results; nothing is changed in place; never throws. */
  readonly step: (
    state: State,
    input: BftInput<Message, Record>,
  ) => BftStep<State, BftEffect<Message, Unsigned, Record>>;
  /** As `step`, but stored messages whose time has come are let out as `repost` effects (for replays). */
  readonly stepOnce: (
    state: State,
    input: BftInput<Message, Record>,
  ) => BftStep<State, BftEffect<Message, Unsigned, Record>>;
}

export function createMachine<State extends BftState<M, R>, M extends BftMessage, U, R extends BftRecord>(
  reactions: Reactions<MachineTurn<State, M, U, R>, M, R>,
): Machine<State, M, U, R> {
  type Turn = MachineTurn<State, M, U, R>;
  type Step = BftStep<State, BftEffect<M, U, R>>;

  function enter(turn: Turn, record: R | undefined, previous: BftHeightContext | undefined, nowMs: number): void {
    const { context } = turn;
    reactions.enterHeight(turn, record, previous);
    const isRecorded = record !== undefined && record.height === context.height && isActive(turn.state, context);
    if (isRecorded) reactions.resume(turn, record);
    else announceRound(turn, false);
    reactions.begin(turn, nowMs);
  }

  /** At round 0 of the height after the head, or where the durable record says. */
  function start(turn: Turn, record: R | undefined, nowMs: number): void {
    const kept = turn.state.config.profile === 'strict' ? record : undefined;
    turn.state.record = kept;
    enter(turn, kept, undefined, nowMs);
  }

  /** On to the next height. */
  function newHead(turn: Turn, previous: BftHeightContext, nowMs: number): void {
    const { context } = turn;
    if (context.height === previous.height && bytesEqual(context.parentHash, previous.parentHash)) {
      refuse(turn, 'STALE_INPUT');
      return;
    }
    enter(turn, turn.state.record, previous, nowMs);
  }

  /** A block is demanded: the round's time runs from when it is due. */
  function workPending(turn: Turn, nowMs: number): void {
    const waitMs = stopIdling(turn, nowMs);
    if (waitMs !== undefined) reactions.startRoundTimer(turn, waitMs);
  }

  function dispatch(turn: Turn, previous: BftHeightContext): void {
    const { input } = turn;
    switch (input.type) {
      case 'start':
        return start(turn, input.record, input.nowMs);
      case 'newHead':
        return newHead(turn, previous, input.nowMs);
      case 'blockBuilt':
        return reactions.blockBuilt(turn, input.block);
      case 'message':
        return reactions.message(turn, input.message);
      case 'blockVerified':
        return reactions.blockVerified(turn, input);
      case 'timerElapsed':
        if (input.timer.kind === 'round') return reactions.roundTimeout(turn, input.timer);
        return reactions.proposalTimeout(turn, input.timer);
      case 'commitFailed':
        return reactions.commitFailed(turn, input.height);
      case 'workPending':
        return workPending(turn, input.nowMs);
      case 'peerConnected':
        return uponPeerConnected(turn, input.address);
    }
  }

  function stepOnce(state: State, input: BftInput<M, R>): Step {
    const context = input.type === 'start' || input.type === 'newHead' ? input.context : state.context;
    if (context === undefined)
      return { state, effects: [{ type: 'refused', refusal: bftRefusal('NOT_STARTED'), input }] };
    const turn = { input, state: { ...state } as Turn['state'], context, effects: [] } as Turn;
    dispatch(turn, state.context ?? context);
    return { state: turn.state as State, effects: turn.effects };
  }

  return {
    stepOnce,
    step(state, input) {
      const first = stepOnce(state, input);
      if (!first.effects.some((effect) => effect.type === 'repost')) return first;
      let current = first.state;
      const effects: BftEffect<M, U, R>[] = [];
      const waiting = [...first.effects];
      for (let effect = waiting.shift(); effect !== undefined; effect = waiting.shift()) {
        if (effect.type !== 'repost') {
          effects.push(effect);
          continue;
        }
        const next = stepOnce(current, effect.input);
        current = next.state;
        waiting.push(...next.effects);
      }
      return { state: current, effects };
    },
  };
}
