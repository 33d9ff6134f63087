import { IsoquorumError } from '@isoquorum/primitives/errors';
import { describeFault, FAULT_KINDS } from './faults/fault.ts';
import { CONSENSUS_NAMES, type ConsensusName } from './consensus-names.ts';
import type { Scenario } from './scenario.ts';
import { LEVELS, type Level } from './consensus-kinds.ts';

/** A scenario with the network that it is for, as `--scenario` reads it: enough to replay a run that was shrunk. */
export interface ScenarioFile {
  readonly consensus: ConsensusName;
  readonly level: Level;
  readonly quorumRule: 'ceil2N/3' | '2F+1';
  readonly scenario: Scenario;
}

export function scenarioToJson(file: ScenarioFile): string {
  return `${JSON.stringify(file, null, 1)}\n`;
}

function fail(reason: string): never {
  throw new IsoquorumError('SCENARIO_INVALID', `no scenario of the simulator: ${reason}`, { reason });
}

const isWhole = (value: unknown, least: number): boolean =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= least;

/** @throws SCENARIO_INVALID */
export function scenarioFromJson(text: string): ScenarioFile {
  let json: Partial<ScenarioFile> | undefined;
  try {
    json = JSON.parse(text) as Partial<ScenarioFile>;
  } catch (cause) {
    return fail(cause instanceof Error ? cause.message : String(cause));
  }
  const scenario = json?.scenario;
  const consensus = CONSENSUS_NAMES.find((name) => name === json?.consensus);
  const level = LEVELS.find((name) => name === json?.level);
  if (json === undefined || consensus === undefined || level === undefined || scenario === undefined)
    return fail('consensus, level or scenario is missing');
  if (json.quorumRule !== 'ceil2N/3' && json.quorumRule !== '2F+1') return fail('quorumRule is ceil2N/3 or 2F+1');
  const { seed, nodes, pages, heights, fair, faults } = scenario;
  if (!isWhole(seed, 0) || !isWhole(nodes, 1) || !isWhole(pages, 0) || !isWhole(heights, 1))
    return fail('seed, nodes, pages, heights are whole numbers');
  if (!isWhole(fair?.latencyMsMax, 1) || !isWhole(fair.writeMsMax, 1))
    return fail('fair is latencyMsMax and writeMsMax');
  if (!Array.isArray(faults) || faults.some((fault) => !FAULT_KINDS.includes(fault?.kind))) return fail('faults');
  try {
    faults.map(describeFault);
  } catch {
    return fail('a fault lacks a field');
  }
  return { consensus, level, quorumRule: json.quorumRule, scenario };
}
