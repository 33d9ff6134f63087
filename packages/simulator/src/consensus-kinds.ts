import { faultsOf } from '@isoquorum/consensus/quorum';
import type { ConsensusName } from './consensus-names.ts';
import { FAULT_KINDS, type FaultKind } from './faults/fault.ts';
import type { QuorumRule } from './machines/bft/bft-genesis.ts';
import { ibftKind, qbftKind } from './machines/bft/bft-kind.ts';
import { createBftNetwork } from './machines/bft/bft-network.ts';
import { createRaftNetwork } from './machines/raft/raft-network.ts';
import type { MachineNetwork } from './machines/replica.ts';

/** `machines`: consensus alone, fast; `nodes`: whole nodes with managers. */
export const LEVELS = ['machines', 'nodes'] as const;

export type Level = (typeof LEVELS)[number];

/** One kind of consensus as the simulator sees it. */
export interface ConsensusKind {
  /** Fewer nodes make no network worth looking at. */
  readonly nodesMin: number;
  /** How many Byzantine nodes it stands. */
  traitorsMax(nodes: number): number;
  /** Light participants can check its blocks. */
  readonly hasPages: boolean;
  /** Its rules may change at a block. */
  readonly hasTransitions: boolean;
  /** Machines alone; undefined where only whole nodes run it. */
  readonly createNetwork:
    | ((options: { readonly nodes: number; readonly quorumRule: QuorumRule }) => MachineNetwork)
    | undefined;
}

/** Above this number of nodes the machines pass no messages on, which costs the cube of it. */
const relayingNodesMax = 10;

/** The kinds of consensus by name. */
export const CONSENSUS_KINDS: Readonly<Record<ConsensusName, ConsensusKind>> = {
  qbft: {
    nodesMin: 4,
    traitorsMax: faultsOf,
    hasPages: true,
    hasTransitions: true,
    createNetwork: (options) =>
      createBftNetwork(qbftKind, { ...options, isRelaying: options.nodes <= relayingNodesMax }),
  },
  ibft: {
    nodesMin: 4,
    traitorsMax: faultsOf,
    hasPages: true,
    hasTransitions: true,
    createNetwork: (options) =>
      createBftNetwork(ibftKind, { ...options, isRelaying: options.nodes <= relayingNodesMax }),
  },
  raft: {
    nodesMin: 3,
    traitorsMax: () => 0,
    hasPages: false,
    hasTransitions: true,
    createNetwork: ({ nodes }) => createRaftNetwork({ nodes }),
  },
  clique: { nodesMin: 3, traitorsMax: () => 0, hasPages: false, hasTransitions: false, createNetwork: undefined },
};

/** What can go wrong, or change, in a network of this kind at this level. */
export function faultKindsOf(consensus: ConsensusName, level: Level, nodes: number): readonly FaultKind[] {
  const kindOf = CONSENSUS_KINDS[consensus];
  const isWhole = level === 'nodes';
  return FAULT_KINDS.filter((kind) => {
    switch (kind) {
      case 'byzantine':
        return kindOf.traitorsMax(nodes) > 0;
      case 'pagecrash':
      case 'pagecut':
        return isWhole && kindOf.hasPages;
      case 'transition':
        return isWhole && kindOf.hasTransitions;
      default:
        return true;
    }
  });
}
