import { faultsOf } from '@isoquorum/consensus/quorum';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { QuorumRule } from './machines/bft/bft-genesis.ts';
import { ibftKind, qbftKind } from './machines/bft/bft-kind.ts';
import { createBftNetwork } from './machines/bft/bft-network.ts';
import type { MachineNetwork } from './machines/replica.ts';

/** What `--consensus` takes. */
export const CONSENSUS_NAMES = ['qbft', 'ibft'] as const;

export type ConsensusName = (typeof CONSENSUS_NAMES)[number];

/** One kind of consensus as the simulator sees it. */
export interface ConsensusKind {
  /** Fewer nodes make no network worth looking at. */
  readonly nodesMin: number;
  /** How many Byzantine nodes it stands. */
  traitorsMax(nodes: number): number;
  createNetwork(options: { readonly nodes: number; readonly quorumRule: QuorumRule }): MachineNetwork;
}

/** Above this number of nodes the machines pass no messages on, which costs the cube of it. */
const relayingNodesMax = 10;

const kinds: Readonly<Record<ConsensusName, ConsensusKind>> = {
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
};

/** @throws CONSENSUS_UNKNOWN */
export function consensusKind(name: string): ConsensusKind {
  const kind = (kinds as Readonly<Record<string, ConsensusKind | undefined>>)[name];
  if (kind !== undefined) return kind;
  const message = `"${name}" cannot be simulated: ${CONSENSUS_NAMES.join(', ')}`;
  throw new IsoquorumError('CONSENSUS_UNKNOWN', message, { name });
}
