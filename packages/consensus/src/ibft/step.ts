import { initialBftState } from '../bft/initial-state.ts';
import { createMachine, type Machine } from '../bft/machine.ts';
import type { BftMachineConfig } from '../bft/types.ts';
import type { IbftMessage, UnsignedIbftMessage } from './message.ts';
import { startRoundTimer } from './turn.ts';
import type { IbftRecord, IbftState } from './types.ts';
import { uponBlockBuilt } from './upon-block-built.ts';
import { uponMessage } from './upon-message.ts';
import { begin, enterHeight, resume } from './upon-new-block.ts';
import { uponBlockVerified, uponProposalTimeout } from './upon-proposal.ts';
import { uponRoundTimeout } from './upon-round-change.ts';
import { uponCommitFailed } from './upon-vote.ts';

/** A machine that has not started. */
export function createIbftState(config: BftMachineConfig): IbftState {
  return {
    ...initialBftState(config),
    begunRound: 0,
    waiting: false,
    pending: undefined,
    proposal: undefined,
    prepares: new Map(),
    commits: new Map(),
    roundChanges: new Map(),
    lock: undefined,
    lateVotes: [],
    accepted: [],
    proposed: undefined,
    previous: undefined,
  };
}

/** The machine of the legacy engine (goquorum.md 9.4; what strict does otherwise: ADR 012). */
const machine: Machine<IbftState, IbftMessage, UnsignedIbftMessage, IbftRecord> = createMachine({
  enterHeight,
  resume,
  begin,
  startRoundTimer,
  blockBuilt: uponBlockBuilt,
  message: uponMessage,
  blockVerified: uponBlockVerified,
  roundTimeout: uponRoundTimeout,
  proposalTimeout: uponProposalTimeout,
  commitFailed: uponCommitFailed,
});

/** Pure: no clock, no randomness, nothing changed in place; equal state and input give equal results. Never throws. */
export const step: typeof machine.step = machine.step;

/** As {@link step}, but stored messages whose time has come are let out as `repost` effects (for replays). */
export const stepOnce: typeof machine.stepOnce = machine.stepOnce;
