import { bftRefusal } from '../bft/refusal.ts';
import { stepWithReposts } from '../bft/step.ts';
import type { BftHeightContext, BftMachineConfig } from '../bft/types.ts';
import { uponPeerConnected } from '../bft/upon-peer.ts';
import type { Turn } from './turn.ts';
import type { IbftInput, IbftState, IbftStep } from './types.ts';
import { uponBlockBuilt } from './upon-block-built.ts';
import { uponMessage } from './upon-message.ts';
import { uponNewBlock, uponStart, uponWorkPending } from './upon-new-block.ts';
import { uponBlockVerified, uponProposalTimeout } from './upon-proposal.ts';
import { uponRoundTimeout } from './upon-round-change.ts';
import { uponCommitFailed } from './upon-vote.ts';

/** A machine that has not started. */
export function createIbftState(config: BftMachineConfig): IbftState {
  return {
    config,
    context: undefined,
    round: 0,
    begunRound: 0,
    waiting: false,
    phase: 'acceptRequest',
    pending: undefined,
    proposal: undefined,
    prepares: new Map(),
    commits: new Map(),
    roundChanges: new Map(),
    lock: undefined,
    lateVotes: [],
    accepted: [],
    candidate: undefined,
    futureCandidate: undefined,
    building: false,
    idle: false,
    record: undefined,
    passive: false,
    proposed: undefined,
    prepareDigest: undefined,
    commitDigest: undefined,
    ownMessages: [],
    backlog: new Map(),
    syncHeight: 0,
    previous: undefined,
  };
}

function dispatch(turn: Turn, previous: BftHeightContext): void {
  const { input } = turn;
  switch (input.type) {
    case 'start':
      uponStart(turn, input.record, input.nowMs);
      break;
    case 'newHead':
      uponNewBlock(turn, previous, input.nowMs);
      break;
    case 'blockBuilt':
      uponBlockBuilt(turn, input.block);
      break;
    case 'message':
      uponMessage(turn, input.message);
      break;
    case 'blockVerified':
      uponBlockVerified(turn, input);
      break;
    case 'timerElapsed':
      if (input.timer.kind === 'round') uponRoundTimeout(turn, input.timer);
      else uponProposalTimeout(turn, input.timer);
      break;
    case 'commitFailed':
      uponCommitFailed(turn, input.height);
      break;
    case 'workPending':
      uponWorkPending(turn, input.nowMs);
      break;
    case 'peerConnected':
      uponPeerConnected(turn, input.address);
  }
}

/** As {@link step}, but stored messages whose time has come are let out as `repost` effects (for replays). */
export function stepOnce(state: IbftState, input: IbftInput): IbftStep {
  const context = input.type === 'start' || input.type === 'newHead' ? input.context : state.context;
  if (context === undefined)
    return { state, effects: [{ type: 'refused', refusal: bftRefusal('NOT_STARTED'), input }] };
  const turn: Turn = { input, state: { ...state }, context, effects: [] };
  dispatch(turn, state.context ?? context);
  return { state: turn.state, effects: turn.effects };
}

/**
 * The machine of the legacy engine (goquorum.md 9.4; what strict does otherwise: ADR 012). Pure: no clock, no randomness,
 * nothing changed in place; equal state and input give equal results. Never throws.
 */
export function step(state: IbftState, input: IbftInput): IbftStep {
  return stepWithReposts(state, input, stepOnce);
}
