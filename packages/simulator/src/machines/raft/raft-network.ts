import type { RaftSnapshot } from '@isoquorum/consensus/raft/types';
import { RaftWitness } from '../../checks/raft-witness.ts';
import { BLOCK_PERIOD_MS } from '../bft/bft-genesis.ts';
import type { MachineNetwork, ReplicaEnvironment } from '../replica.ts';
import { RaftReplica } from './raft-replica.ts';

export interface RaftNetworkOptions {
  /** Members at first. */
  readonly nodes: number;
  /** For planted faults. */
  readonly createReplica?: (environment: ReplicaEnvironment, bootstrap: RaftSnapshot | undefined) => RaftReplica;
}

/** Block periods after the end of all faults within which every member has new blocks. */
const recoveryPeriods = 30;

/** Raft machines; a leader makes several blocks in a block period. */
export function createRaftNetwork(options: RaftNetworkOptions): MachineNetwork {
  const { nodes, createReplica = (...parameters) => new RaftReplica(...parameters) } = options;
  const voters = Array.from({ length: nodes }, (_, index) => index + 1);
  const confState = { voters, votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
  const bootstrap: RaftSnapshot = { index: 1, term: 1, confState, data: new Uint8Array(0) };
  return {
    blockPeriodMs: BLOCK_PERIOD_MS,
    recoveryPeriods,
    isLeftForGood: true,
    createReplica: (environment) => createReplica(environment, environment.index < nodes ? bootstrap : undefined),
    createTraitor: undefined,
    createWitness: (report) => new RaftWitness(report),
  };
}
