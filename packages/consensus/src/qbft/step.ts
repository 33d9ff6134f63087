import { initialBftState } from '../bft/initial-state.ts';
import { createMachine, type Machine } from '../bft/machine.ts';
import type { BftMachineConfig } from '../bft/types.ts';
import type { QbftMessage, UnsignedQbftMessage } from './message.ts';
import { startRoundTimer } from './round-timer.ts';
import type { DurableRecord, QbftState } from './types.ts';
import { uponBlockBuilt } from './upon-block-built.ts';
import { uponCommitFailed } from './upon-commit.ts';
import { uponMessage } from './upon-message.ts';
import { begin, enterHeight, resume } from './upon-new-block.ts';
import { uponBlockVerified, uponProposalTimeout } from './upon-proposal.ts';
import { uponRoundTimeout } from './upon-round-timeout.ts';

/** A machine that has not started. */
export function createQbftState(config: BftMachineConfig): QbftState {
  return {
    ...initialBftState(config),
    proposal: undefined,
    proposalMessage: undefined,
    verifying: false,
    prepares: new Map(),
    commits: new Map(),
    roundChanges: new Map(),
    certificate: undefined,
    proposed: undefined,
  };
}

/** The QBFT machine: what a validator does upon an input (goquorum.md 9.6; predicates named as in the formal specification). */
const machine: Machine<QbftState, QbftMessage, UnsignedQbftMessage, DurableRecord> = createMachine({
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
