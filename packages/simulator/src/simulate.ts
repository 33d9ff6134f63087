import { CONSENSUS_KINDS, faultKindsOf, type Level } from './consensus-kinds.ts';
import type { ConsensusName } from './consensus-names.ts';
import type { FaultKind } from './faults/fault.ts';
import { BLOCK_PERIOD_MS, type QuorumRule } from './machines/bft/bft-genesis.ts';
import { runMachines } from './machines/run-machines.ts';
import { runNodes } from './nodes/run-nodes.ts';
import { drawScenario, type RunResult, type Scenario } from './scenario.ts';
import { shrinkFailure, type ShrunkFailure } from './shrink.ts';

/** What is simulated, but for the seed. */
export interface SimulationOptions {
  readonly consensus: ConsensusName;
  /** Where there are no machines by themselves, whole nodes run in any case. */
  readonly level: Level;
  readonly nodes: number;
  /** Those that the network cannot have are left out. */
  readonly kinds: readonly FaultKind[];
  readonly heights: number;
  readonly quorumRule: QuorumRule;
}

/** One network, to be run with as many seeds as wanted. */
export interface Simulation {
  readonly level: Level;
  /** How many Byzantine nodes it stands: F. */
  readonly traitorsMax: number;
  /** Those of the wanted kinds of faults that the network can have. */
  readonly kinds: readonly FaultKind[];
  draw(seed: number): Scenario;
  run(scenario: Scenario, trace?: (line: string) => void): Promise<RunResult>;
  /** Makes a failing run smaller as long as it fails. */
  shrink(failure: RunResult): Promise<ShrunkFailure>;
}

export function createSimulation(options: SimulationOptions): Simulation {
  const { nodes, heights, quorumRule, consensus } = options;
  const { createNetwork, nodesMin, ...kind } = CONSENSUS_KINDS[consensus];
  const traitorsMax = kind.traitorsMax(nodes);
  const level = createNetwork === undefined ? 'nodes' : options.level;
  const possible = faultKindsOf(consensus, level, nodes);
  const kinds = options.kinds.filter((wanted) => possible.includes(wanted));
  const hasPages = level === 'nodes' && kind.hasPages;
  const run = (scenario: Scenario, trace?: (line: string) => void): Promise<RunResult> =>
    createNetwork === undefined || level === 'nodes'
      ? runNodes(scenario, { consensus, quorumRule, hasManagers: true, trace })
      : runMachines(scenario, { createNetwork: (count) => createNetwork({ nodes: count, quorumRule }), trace });
  return {
    level,
    traitorsMax,
    kinds,
    draw: (seed) =>
      drawScenario({ seed, nodes, heights, kinds, traitorsMax, hasPages, blockPeriodMs: BLOCK_PERIOD_MS }),
    run,
    shrink: (failure) => shrinkFailure(failure, run, nodesMin, level === 'nodes' ? 60 : 150),
  };
}
