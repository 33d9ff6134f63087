import type { Trace } from './core/trace.ts';
import type { RunResult, Scenario } from './scenario.ts';

/** A network in which time can be let pass: of machines (at once) or of whole nodes (with promises). */
export interface SimulatedWorld {
  /** What was wrong, in the order in which it was found. */
  readonly violations: string[];
  /** Milliseconds since the start. */
  readonly elapsedMs: number;
  /** Messages sent. */
  readonly messages: number;
  readonly trace: Trace;
  /** Heights of the correct nodes, those that are down too. */
  heights(): readonly number[];
  /** Runs up to a time after the start, until a violation, or until `isDone`, asked after each new head. */
  run(untilMs: number, isDone?: () => boolean): void | Promise<void>;
  /** No more faults, but for clocks and traitors; who is down comes back. */
  calmDown(): void | Promise<void>;
  /** Checks that can be made at the end only. */
  finish(): void | Promise<void>;
}

export interface Pace {
  readonly blockPeriodMs: number;
  /** After the faults stop, all correct nodes have a new block within so many block periods. */
  readonly recoveryPeriods: number;
}

/** Heights that everybody must gain once the faults have stopped. */
const heightsGained = 3;

/**
 * Runs one scenario: first everything may go wrong and nothing may be unsafe; then the faults stop, and everybody must go on
 * within `recoveryPeriods`, and to the scenario's height without stopping again.
 */
export async function runScenario(world: SimulatedWorld, scenario: Scenario, pace: Pace): Promise<RunResult> {
  const { heights, faults } = scenario;
  const { blockPeriodMs, recoveryPeriods } = pace;
  const { violations, trace } = world;
  const lowest = (): number => Math.min(...world.heights());
  const highest = (): number => Math.max(...world.heights());
  if (faults.length > 0) await world.run(heights * blockPeriodMs);
  let recoveryMs = 0;
  if (violations.length === 0) {
    await world.calmDown();
    const calmAtMs = world.elapsedMs;
    const target = highest() + heightsGained;
    await world.run(calmAtMs + (recoveryPeriods + heightsGained) * blockPeriodMs, () => lowest() >= target);
    recoveryMs = world.elapsedMs - calmAtMs;
    if (violations.length === 0 && lowest() < target)
      violations.push(
        `no progress: ${recoveryPeriods} block periods after the faults stopped the heads are ${world.heights().join(' ')}, not ${target}`,
      );
  }
  // Going slowly is no fault once everybody moves, but nobody may stop again.
  for (let last = -1; violations.length === 0 && lowest() < heights; ) {
    if (lowest() === last) violations.push(`stopped at height ${last} without faults`);
    last = lowest();
    await world.run(world.elapsedMs + recoveryPeriods * blockPeriodMs, () => lowest() >= heights);
  }
  await world.finish();
  return {
    scenario,
    violations,
    lowest: lowest(),
    highest: highest(),
    elapsedMs: world.elapsedMs,
    recoveryMs,
    messages: world.messages,
    traceHash: trace.hash(),
    traceLines: trace.lines,
  };
}
