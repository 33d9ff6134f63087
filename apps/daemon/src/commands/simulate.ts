import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import type { Command } from 'commander';
import { CONSENSUS_NAMES, type ConsensusName } from '@isoquorum/simulator/consensus-names';
import { describeFault, FAULT_KINDS, type FaultKind, parseFaultKinds } from '@isoquorum/simulator/faults/fault';
import { scenarioFromJson, scenarioToJson } from '@isoquorum/simulator/scenario-json';
import type { RunResult, Scenario } from '@isoquorum/simulator/scenario';
import { type Level, LEVELS } from '@isoquorum/simulator/consensus-kinds';
import { createSimulation, type Simulation } from '@isoquorum/simulator/simulate';
import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import { createCommandError } from '../command-error.ts';
import { parseChoice, parseInteger, readOptionFile } from '../options.ts';

interface SimulateFlags {
  readonly seed: number;
  readonly seeds: number;
  readonly consensus: ConsensusName;
  readonly level: Level;
  readonly nodes: number;
  readonly faults: string;
  readonly heights: number;
  readonly quorum: 'ceil2N/3' | '2F+1';
  readonly scenario?: string;
  readonly trace?: string;
  readonly failure?: string;
  readonly shrink: boolean;
}

const progressEveryMs = 5_000;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function describeScenario({ nodes, heights, fair, faults, seed }: Scenario, consensus: string): string {
  const links = `links up to ${fair.latencyMsMax} ms, disks up to ${fair.writeMsMax} ms`;
  const head = `seed ${seed}: ${consensus}, ${nodes} nodes, ${heights} blocks, ${links}`;
  return [head, ...faults.map((fault) => `  ${describeFault(fault)}`)].join('\n');
}

function describeResult(result: RunResult): string {
  const { lowest, highest, recoveryMs, messages, elapsedMs, traceHash, traceLines } = result;
  return `safe: heads ${lowest} to ${highest} after ${seconds(elapsedMs)}, ${seconds(recoveryMs)} after the faults stopped; ${messages} messages; trace ${traceHash} of ${traceLines} lines`;
}

function replayCommand(flags: SimulateFlags, seed: number): string {
  if (flags.scenario !== undefined) return `isoquorum simulate --scenario ${flags.scenario}`;
  const rule = flags.quorum === '2F+1' ? ' --quorum 2F+1' : '';
  const level = flags.level === 'nodes' ? ' --level nodes' : '';
  return `isoquorum simulate --seed ${seed} --consensus ${flags.consensus}${level} --nodes ${flags.nodes} --faults ${flags.faults} --heights ${flags.heights}${rule}`;
}

/** Of many seeds each has a file of its own: the command that replays an earlier failure stays true. */
function failureFile({ failure, consensus, seeds }: SimulateFlags, seed: number): string {
  if (failure === undefined) return `simulate-${consensus}-${seed}.json`;
  return seeds === 1 ? failure : failure.replace(/(\.json)?$/, `-${seed}$1`);
}

async function explain(simulation: Simulation, failure: RunResult, flags: SimulateFlags): Promise<void> {
  const { seed } = failure.scenario;
  console.log(describeScenario(failure.scenario, flags.consensus));
  for (const violation of failure.violations) console.log(`  ✗ ${violation}`);
  console.log(`replay it: ${replayCommand(flags, seed)}`);
  if (!flags.shrink) return;
  const { result, runs } = await simulation.shrink(failure);
  const file = failureFile(flags, seed);
  const { consensus, quorum: quorumRule } = flags;
  writeFileSync(file, scenarioToJson({ consensus, level: simulation.level, quorumRule, scenario: result.scenario }));
  console.log(`\nshrunk in ${runs} runs to\n${describeScenario(result.scenario, flags.consensus)}`);
  for (const violation of result.violations) console.log(`  ✗ ${violation}`);
  console.log(`replay that: isoquorum simulate --scenario ${file}`);
}

function fails(failures: number): never {
  throw createCommandError('SIMULATION_FAILED', `${failures} run(s) broke a rule`, { failures });
}

/** One run, told in full, with its trace if it is wanted. */
async function runOne(simulation: Simulation, scenario: Scenario, flags: SimulateFlags): Promise<void> {
  console.log(describeScenario(scenario, flags.consensus));
  const file = flags.trace === undefined ? undefined : openSync(flags.trace, 'w');
  const result = await simulation.run(
    scenario,
    file === undefined ? undefined : (line) => writeSync(file, `${line}\n`),
  );
  if (file !== undefined) closeSync(file);
  if (result.violations.length === 0) {
    console.log(describeResult(result));
    return;
  }
  await explain(simulation, result, flags);
  fails(1);
}

/** Many seeds, with a line now and then. */
async function runMany(simulation: Simulation, flags: SimulateFlags): Promise<void> {
  const { seed: first, seeds } = flags;
  const startedMs = performance.now();
  let toldMs = startedMs;
  let failures = 0;
  let slowestMs = 0;
  let blocks = 0;
  for (let seed = first; seed < first + seeds; seed++) {
    const result = await simulation.run(simulation.draw(seed));
    slowestMs = Math.max(slowestMs, result.recoveryMs);
    blocks += result.highest;
    if (result.violations.length > 0) {
      failures++;
      await explain(simulation, result, flags);
    }
    const nowMs = performance.now();
    if (nowMs - toldMs > progressEveryMs) {
      toldMs = nowMs;
      const done = seed - first + 1;
      const leftMs = ((nowMs - startedMs) / done) * (seeds - done);
      console.error(`${done} of ${seeds} seeds, ${failures} failed, about ${seconds(leftMs)} left`);
    }
  }
  console.log(
    `${seeds} seeds from ${first}: ${failures} failed; ${blocks} blocks; slowest recovery ${seconds(slowestMs)} of simulated time; took ${seconds(performance.now() - startedMs)}`,
  );
  if (failures > 0) fails(failures);
}

/** What was asked for and would be left out is refused rather than left out unsaid. @throws OPTION_INVALID */
function checkFlags(simulation: Simulation, kinds: readonly FaultKind[], flags: SimulateFlags): void {
  const { consensus, nodes, quorum, seeds, trace } = flags;
  const refuse = (text: string): never => {
    throw createCommandError('OPTION_INVALID', text);
  };
  if (trace !== undefined && seeds > 1) refuse('--trace is of one seed: give it with --seed alone');
  if (quorum === '2F+1' && consensus !== 'qbft' && consensus !== 'ibft') refuse(`--quorum is nothing to ${consensus}`);
  const [impossible] = flags.faults === 'all' ? [] : kinds.filter((kind) => !simulation.kinds.includes(kind));
  if (impossible === 'byzantine')
    refuse(`--faults byzantine: ${nodes} nodes under ${consensus} stand no Byzantine one`);
  if (impossible !== undefined)
    refuse(`--faults ${impossible}: there is no such thing under ${consensus} at the level "${simulation.level}"`);
}

/** `isoquorum simulate`: consensus under faults, decided by a seed. */
export function addSimulateCommand(program: Command): void {
  program
    .command('simulate')
    .description(
      'run a network in simulated time under faults that a seed draws, and check that it stays safe and goes on afterwards; equal seeds give equal runs',
    )
    .option('--seed <n>', 'the (first) seed', parseInteger('seed', 0, Number.MAX_SAFE_INTEGER), 1)
    .option('--seeds <n>', 'how many seeds to run', parseInteger('seeds', 1, 100_000_000), 1)
    .option('--consensus <name>', CONSENSUS_NAMES.join(' | '), parseChoice('consensus', CONSENSUS_NAMES), 'qbft')
    .option(
      '--level <level>',
      'machines: consensus alone, fast; nodes: whole nodes with managers and light participants (clique always)',
      parseChoice('level', LEVELS),
      'machines',
    )
    .option('--nodes <n>', 'validators', parseInteger('nodes', 1, 100), 4)
    .option('--faults <list>', `all, none, or some of ${FAULT_KINDS.join(',')}`, 'all')
    .option(
      '--heights <n>',
      'blocks to make; faults last as many block periods',
      parseInteger('heights', 1, 1_000_000),
      30,
    )
    .option('--quorum <rule>', 'ceil2N/3 | 2F+1', parseChoice('quorum', ['ceil2N/3', '2F+1']), 'ceil2N/3')
    .option('--scenario <file>', 'replay what an earlier failure was shrunk to')
    .option('--trace <file>', 'write everything that happens, line by line (one seed)')
    .option(
      '--failure <file>',
      'where to write what a failure is shrunk to; with --seeds the seed is put behind its name (default simulate-<consensus>-<seed>.json)',
    )
    .option('--no-shrink', 'do not look for a smaller failure')
    .action(async (flags: SimulateFlags) => {
      await installFastestCrypto();
      if (flags.scenario !== undefined) {
        const file = scenarioFromJson(readOptionFile('--scenario', flags.scenario));
        const { consensus, level, quorumRule, scenario } = file;
        const { nodes, heights } = scenario;
        const simulation = createSimulation({ consensus, level, quorumRule, nodes, heights, kinds: [] });
        await runOne(simulation, scenario, {
          ...flags,
          consensus,
          level,
          quorum: quorumRule,
          nodes,
          heights,
          shrink: false,
        });
        return;
      }
      const kinds = parseFaultKinds(flags.faults);
      const { consensus, level, nodes, heights, quorum: quorumRule } = flags;
      const simulation = createSimulation({ consensus, level, nodes, heights, kinds, quorumRule });
      checkFlags(simulation, kinds, flags);
      if (flags.seeds === 1) await runOne(simulation, simulation.draw(flags.seed), flags);
      else await runMany(simulation, flags);
    });
}
