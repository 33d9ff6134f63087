import type { BftMachineConfig, BftState } from './types.ts';

/** What both machines keep, before they start. */
export function initialBftState<Message, Record>(config: BftMachineConfig): BftState<Message, Record> {
  return {
    config,
    context: undefined,
    round: 0,
    phase: 'acceptRequest',
    candidate: undefined,
    futureCandidate: undefined,
    building: false,
    idle: false,
    record: undefined,
    passive: false,
    prepareDigest: undefined,
    commitDigest: undefined,
    ownMessages: [],
    backlog: new Map(),
    syncHeights: new Map(),
  };
}
