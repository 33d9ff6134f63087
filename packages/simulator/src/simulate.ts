import { consensusKind } from './consensus-kinds.ts';
import type { FaultKind } from './faults/fault.ts';
import type { QuorumRule } from './machines/bft/bft-genesis.ts';
import { runMachines } from './machines/run-machines.ts';
import { drawScenario, type RunResult, type Scenario } from './scenario.ts';
import { shrinkFailure, type ShrunkFailure } from './shrink.ts';

/** What is simulated, but for the seed. */
export interface SimulationOptions {
  /** One of `CONSENSUS_NAMES`. */
  readonly consensus: string;
  readonly nodes: number;
  readonly kinds: readonly FaultKind[];
  readonly heights: number;
  readonly quorumRule: QuorumRule;
}

/** One network, to be run with as many seeds as wanted. */
export interface Simulation {
  /** How many Byzantine nodes it stands: F. */
  readonly traitorsMax: number;
  draw(seed: number): Scenario;
  run(scenario: Scenario, trace?: (line: string) => void): Promise<RunResult>;
  /** Makes a failing run smaller as long as it fails. */
  shrink(failure: RunResult): Promise<ShrunkFailure>;
}

/** @throws CONSENSUS_UNKNOWN */
export function createSimulation(options: SimulationOptions): Simulation {
  const { nodes, heights, kinds, quorumRule } = options;
  const kind = consensusKind(options.consensus);
  const traitorsMax = kind.traitorsMax(nodes);
  const createNetwork = (count: number): ReturnType<typeof kind.createNetwork> =>
    kind.createNetwork({ nodes: count, quorumRule });
  const { blockPeriodMs } = createNetwork(nodes);
  const run = (scenario: Scenario, trace?: (line: string) => void): Promise<RunResult> =>
    runMachines(scenario, { createNetwork, trace });
  return {
    traitorsMax,
    draw: (seed) => drawScenario({ seed, nodes, heights, kinds, traitorsMax, blockPeriodMs }),
    run,
    shrink: (failure) => shrinkFailure(failure, run, kind.nodesMin),
  };
}
