import { describe, expect, test } from 'vitest';
import type { SimulatedDisk } from './core/disk.ts';
import type { Timeline } from './core/timeline.ts';
import { FAULT_KINDS } from './faults/fault.ts';
import { createQbftNetwork, type QbftNetworkOptions } from './machines/qbft/qbft-network.ts';
import { BLOCK_PERIOD_MS } from './machines/bft-genesis.ts';
import { runMachines } from './machines/run-machines.ts';
import { drawScenario, type RunResult, type Scenario } from './scenario.ts';
import { shrinkFailure } from './shrink.ts';
import { qbftPlants } from './testing/qbft-plants.ts';
import { LazyDisk, TornDisk } from './testing/torn-disk.ts';

const seedsMax = 60;

type Disk = new (timeline: Timeline, delayMs: () => number) => SimulatedDisk;

function runWith(scenario: Scenario, options: Partial<QbftNetworkOptions>, Disk?: Disk): Promise<RunResult> {
  return runMachines(scenario, {
    createNetwork: (nodes) => createQbftNetwork({ nodes, ...options }),
    createDisk: Disk && ((timeline, delayMs) => new Disk(timeline, delayMs)),
  });
}

/** The first seed, of a bounded number, that shows a violation. */
async function find(options: Partial<QbftNetworkOptions>, nodes = 4, Disk?: Disk): Promise<RunResult | undefined> {
  for (let seed = 1; seed <= seedsMax; seed++) {
    const drawing = { seed, nodes, heights: 20, kinds: FAULT_KINDS, traitorsMax: 1, blockPeriodMs: BLOCK_PERIOD_MS };
    const scenario = drawScenario(drawing);
    const result = await runWith(scenario, options, Disk);
    if (result.violations.length > 0) return result;
  }
  return undefined;
}

/** What the checks must say about each planted fault. */
const expected: Readonly<Record<string, RegExp>> = {
  'a quorum off by one': /committed with 2 PREPAREs/,
  'a record forgotten at a restart': /signed two different/,
  'a lock forgotten at a restart': /signed two different roundChanges/,
  'a lock forgotten when the round changes': /signed two different|two final|prepared what/,
  'a vote given again after it was given': /signed two different/,
  'a PREPARE counted twice': /committed with \d PREPAREs/,
  'a COMMIT counted twice': /nobody can import/,
  'a justification unchecked': /did not rightly propose/,
  'a certificate unchecked': /bad certificate|below what was prepared/,
  'a record written after the send': /signed two different/,
  'a proposer not checked': /did not rightly propose/,
  'seals of a previous round accepted': /nobody can import/,
  'a ROUND-CHANGE of a stranger counted': /no progress|without a quorum/,
  'a proposal taken without a look': /nobody can import|invalid block/,
  'a seal inside a COMMIT believed': /nobody can import/,
};

describe('the simulator finds what is planted in QBFT', () => {
  test('the product itself stands the same storms', async () => {
    expect((await find({}))?.violations).toBeUndefined();
  });

  test('each fault has its expectation', async () => {
    expect(qbftPlants.map(({ name }) => name).toSorted()).toEqual(Object.keys(expected).toSorted());
  });

  test.each(qbftPlants)('$name', async ({ name, parts }) => {
    expect((await find({ parts }))?.violations[0]).toMatch(expected[name] as RegExp);
  });

  test('a batch that is half there after the power was cut: the prefix is lost', async () => {
    expect((await find({}, 4, TornDisk))?.violations[0]).toMatch(/does not start again|lost blocks/);
  });

  test('a write acknowledged too early: the prefix is lost', async () => {
    expect((await find({}, 4, LazyDisk))?.violations[0]).toMatch(/lost blocks|signed two different/);
  });

  test.each([5, 6])(
    '%i validators under 2F+1 with one traitor: two sealed blocks at one height (decision 7)',
    async (nodes) => {
      expect((await find({ quorumRule: '2F+1' }, nodes))?.violations[0]).toMatch(
        /two (different blocks with enough seals|final)/,
      );
      expect(await find({ quorumRule: 'ceil2N/3' }, nodes)).toBeUndefined();
    },
  );
});

describe('a failure', () => {
  const [plant] = qbftPlants.filter(({ name }) => name === 'a record written after the send');
  const options = { parts: plant!.parts };

  test('is the same each time it is run', async () => {
    const first = (await find(options)) as RunResult;
    expect(await runWith(first.scenario, options)).toEqual(first);
  });

  test('is shrunk to what it needs', async () => {
    const first = (await find(options)) as RunResult;
    const { result, runs } = await shrinkFailure(first, (scenario) => runWith(scenario, options), 4);
    expect(result.violations.length).toBeGreaterThan(0);
    expect(runs).toBeLessThanOrEqual(150);
    const { faults } = result.scenario;
    expect(faults.length).toBeLessThan(first.scenario.faults.length);
    expect(faults.some(({ kind }) => kind === 'crash' || kind === 'torn')).toBe(true);
    expect(await runWith(result.scenario, options)).toEqual(result);
  });
});
