import { createChance } from './core/chance.ts';
import { drawFaults, PAGES_MAX } from './faults/draw-faults.ts';
import type { Fault, FaultKind } from './faults/fault.ts';
import type { FairWeather } from './faults/weather.ts';

/** One run, and everything that decides it. */
export interface Scenario {
  readonly seed: number;
  readonly nodes: number;
  /** Light participants with homes at the nodes. */
  readonly pages: number;
  /** Blocks to make. */
  readonly heights: number;
  readonly fair: FairWeather;
  readonly faults: readonly Fault[];
}

export interface DrawScenarioOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly heights: number;
  readonly kinds: readonly FaultKind[];
  /** Byzantine validators at most. */
  readonly traitorsMax: number;
  readonly hasPages: boolean;
  readonly blockPeriodMs: number;
}

/** What the seed says about a run: how fast links and disks are, and what goes wrong. */
export function drawScenario(options: DrawScenarioOptions): Scenario {
  const { seed, nodes, heights, kinds, traitorsMax, hasPages, blockPeriodMs } = options;
  const chance = createChance(seed);
  const fair: FairWeather =
    kinds.length === 0
      ? { latencyMsMax: 20, writeMsMax: 3 }
      : { latencyMsMax: chance.pick([5, 20, 50, 120, 250]), writeMsMax: chance.pick([1, 3, 10, 30]) };
  const durationMs = heights * blockPeriodMs;
  const faults = drawFaults(chance.fork('faults'), { kinds, nodes, traitorsMax, durationMs, blockPeriodMs });
  const pages = hasPages ? chance.fork('pages').between(1, PAGES_MAX) : 0;
  return { seed, nodes, pages, heights, fair, faults };
}

/** How a run ended. */
export interface RunResult {
  readonly scenario: Scenario;
  /** What was wrong; empty when nothing was. */
  readonly violations: readonly string[];
  /** Lowest and highest head of a correct node. */
  readonly lowest: number;
  readonly highest: number;
  /** Simulated milliseconds, and how many of them passed between the end of the faults and progress by all. */
  readonly elapsedMs: number;
  readonly recoveryMs: number;
  readonly messages: number;
  /** Equal for two runs that went the same way. */
  readonly traceHash: string;
  readonly traceLines: number;
}
