import { minimise } from './core/minimise.ts';
import type { Fault } from './faults/fault.ts';
import type { RunResult, Scenario } from './scenario.ts';

/** The faults without those of nodes that are no more. */
function withinNodes(faults: readonly Fault[], nodes: number): readonly Fault[] {
  return faults.flatMap((fault): readonly Fault[] => {
    if ('node' in fault && fault.node !== undefined && fault.node >= nodes) return [];
    if (!('side' in fault)) return [fault];
    const side = fault.side.filter((node) => node < nodes);
    return side.length === 0 || side.length === nodes ? [] : [{ ...fault, side }];
  });
}

/** What is left of a failure's causes: fewer faults, fewer treasons, fewer nodes, fewer heights; still a failure. */
export interface ShrunkFailure {
  readonly result: RunResult;
  /** Runs that it took. */
  readonly runs: number;
}

/**
 * Shrinks a failing scenario. Everything that a smaller scenario leaves out was drawn apart from the rest, so that what stays
 * goes on as before.
 * @param run runs a scenario
 * @param nodesMin fewer make no network of this kind
 */
export async function shrinkFailure(
  failure: RunResult,
  run: (scenario: Scenario) => Promise<RunResult>,
  nodesMin: number,
  runsMax = 150,
): Promise<ShrunkFailure> {
  let best = failure;
  let runs = 0;
  const fails = async (scenario: Scenario): Promise<boolean> => {
    if (runs >= runsMax) return false;
    runs++;
    const result = await run(scenario);
    if (result.violations.length === 0) return false;
    best = result;
    return true;
  };
  const tryHeights = async (): Promise<void> => {
    const seconds = Math.ceil(best.elapsedMs / 1000);
    if (seconds < best.scenario.heights) await fails({ ...best.scenario, heights: seconds });
  };
  await tryHeights();
  if (best.scenario.pages > 0) await fails({ ...best.scenario, pages: 0 });
  await minimise(best.scenario.faults, (faults) => fails({ ...best.scenario, faults }), runsMax);
  for (const [index, fault] of best.scenario.faults.entries()) {
    if (fault.kind !== 'byzantine') continue;
    await minimise(fault.treasons, async (treasons) => {
      const faults = best.scenario.faults.with(index, { ...fault, treasons });
      return treasons.length > 0 && (await fails({ ...best.scenario, faults }));
    });
  }
  while (best.scenario.nodes > nodesMin) {
    const nodes = best.scenario.nodes - 1;
    if (!(await fails({ ...best.scenario, nodes, faults: withinNodes(best.scenario.faults, nodes) }))) break;
  }
  await tryHeights();
  return { result: best, runs };
}
