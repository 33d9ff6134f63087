import { createChance } from '../core/chance.ts';
import type { SimulatedDisk } from '../core/disk.ts';
import type { Timeline } from '../core/timeline.ts';
import { Trace } from '../core/trace.ts';
import { runScenario } from '../run-scenario.ts';
import type { RunResult, Scenario } from '../scenario.ts';
import type { MachineNetwork } from './replica.ts';
import { World } from './world.ts';

export interface RunMachinesOptions {
  readonly createNetwork: (nodes: number) => MachineNetwork;
  /** Gets every line of the trace. */
  readonly trace?: ((line: string) => void) | undefined;
  /** For planted faults. */
  readonly createDisk?: ((timeline: Timeline, delayMs: () => number) => SimulatedDisk) | undefined;
}

/** Runs one scenario with consensus machines. */
export function runMachines(scenario: Scenario, options: RunMachinesOptions): Promise<RunResult> {
  const { nodes, faults, fair, seed } = scenario;
  const network = options.createNetwork(nodes);
  const world = new World({
    validators: nodes,
    faults,
    fair,
    network,
    chance: createChance(seed).fork('world'),
    trace: new Trace(options.trace),
    createDisk: options.createDisk,
  });
  return runScenario(world, scenario, network);
}
