import { faultsOf } from '@isoquorum/consensus/quorum';
import type { ConsensusName } from './consensus-names.ts';
import type { QuorumRule } from './machines/bft/bft-genesis.ts';
import { ibftKind, qbftKind } from './machines/bft/bft-kind.ts';
import { createBftNetwork } from './machines/bft/bft-network.ts';
import type { MachineNetwork } from './machines/replica.ts';

/** One kind of consensus as the simulator sees it. */
export interface ConsensusKind {
  /** Fewer nodes make no network worth looking at. */
  readonly nodesMin: number;
  /** How many Byzantine nodes it stands. */
  traitorsMax(nodes: number): number;
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
    createNetwork: (options) =>
      createBftNetwork(qbftKind, { ...options, isRelaying: options.nodes <= relayingNodesMax }),
  },
  ibft: {
    nodesMin: 4,
    traitorsMax: faultsOf,
    createNetwork: (options) =>
      createBftNetwork(ibftKind, { ...options, isRelaying: options.nodes <= relayingNodesMax }),
  },
  raft: { nodesMin: 3, traitorsMax: () => 0, createNetwork: undefined },
  clique: { nodesMin: 3, traitorsMax: () => 0, createNetwork: undefined },
};
