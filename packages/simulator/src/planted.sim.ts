import { beforeAll, describe, expect, test } from 'vitest';
import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import type { SimulatedDisk } from './core/disk.ts';
import type { Timeline } from './core/timeline.ts';
import { faultKindsOf } from './consensus-kinds.ts';
import { BLOCK_PERIOD_MS } from './machines/bft/bft-genesis.ts';
import { ibftKind, qbftKind } from './machines/bft/bft-kind.ts';
import { type BftNetworkOptions, createBftNetwork } from './machines/bft/bft-network.ts';
import type { MachineNetwork } from './machines/replica.ts';
import { runMachines } from './machines/run-machines.ts';
import { drawScenario, type RunResult, type Scenario } from './scenario.ts';
import { shrinkFailure } from './shrink.ts';
import { ibftPlants } from './testing/ibft-plants.ts';
import { qbftPlants } from './testing/qbft-plants.ts';
import { LazyDisk, TornDisk } from './testing/torn-disk.ts';

const seedsMax = 100;

type Disk = new (timeline: Timeline, delayMs: () => number) => SimulatedDisk;
type CreateNetwork = (options: BftNetworkOptions) => MachineNetwork;

const qbft: CreateNetwork = (options) => createBftNetwork(qbftKind, options);
const ibft: CreateNetwork = (options) => createBftNetwork(ibftKind, options);

beforeAll(async () => {
  await installFastestCrypto();
});

function runWith(
  scenario: Scenario,
  create: CreateNetwork,
  options: Partial<BftNetworkOptions> = {},
  Disk?: Disk,
): Promise<RunResult> {
  return runMachines(scenario, {
    createNetwork: (nodes) => create({ nodes, ...options }),
    createDisk: Disk && ((timeline, delayMs) => new Disk(timeline, delayMs)),
  });
}

/** The first seed, of a bounded number, that shows a violation. */
async function find(
  create: CreateNetwork,
  options: Partial<BftNetworkOptions> = {},
  Disk?: Disk,
  limit = seedsMax,
): Promise<RunResult | undefined> {
  const { nodes = 4 } = options;
  for (let seed = 1; seed <= limit; seed++) {
    const kinds = faultKindsOf('qbft', 'machines', nodes);
    const common = { seed, nodes, heights: 20, kinds, traitorsMax: 1 } as const;
    const drawing = { ...common, hasPages: false, blockPeriodMs: BLOCK_PERIOD_MS };
    const result = await runWith(drawScenario(drawing), create, options, Disk);
    if (result.violations.length > 0) return result;
  }
  return undefined;
}

/** What the checks must say about each planted fault. */
const expected: Readonly<Record<string, RegExp>> = {
  'a quorum off by one': /committed with 2 PREPAREs/,
  'a record forgotten at a restart': /signed two different/,
  'a lock forgotten at a restart': /signed two different|two (final|different)|against its lock/,
  'a lock forgotten when the round changes':
    /signed two different|two (final|different)|prepared what|against its lock/,
  'a vote given again after it was given': /signed two different/,
  'a PREPARE counted twice': /committed with \d PREPAREs/,
  'a COMMIT counted twice': /nobody can import/,
  'a justification unchecked': /did not rightly propose/,
  'a certificate unchecked': /bad certificate|below what was prepared/,
  'a record written after the send': /signed two different/,
  'a proposer not checked': /did not rightly propose/,
  'seals of a previous round accepted': /nobody can import|without a quorum of COMMITs|committed with 2 PREPAREs/,
  'a ROUND-CHANGE of a stranger counted': /no progress|stopped at|without a quorum/,
  'a proposal taken without a look': /nobody can import|invalid block|does not start again|stopped at/,
  'a seal inside a COMMIT believed': /nobody can import/,
};

describe.each([
  { name: 'QBFT', create: qbft, plants: qbftPlants },
  { name: 'IBFT', create: ibft, plants: ibftPlants },
])('the simulator finds what is planted in $name', ({ create, plants }) => {
  test('the product itself stands the same storms', async () => {
    expect((await find(create, {}, undefined, 30))?.violations).toBeUndefined();
  });

  test.each(plants)('$name', async ({ name, createNetwork }) => {
    expect((await find(createNetwork))?.violations[0]).toMatch(expected[name] ?? 'no expectation');
  });

  test('a batch that is half there after the power was cut: the prefix is lost', async () => {
    expect((await find(create, {}, TornDisk))?.violations[0]).toMatch(/does not start again|lost blocks/);
  });

  test('a write acknowledged too early: the prefix is lost', async () => {
    expect((await find(create, {}, LazyDisk))?.violations[0]).toMatch(/lost blocks|signed two different/);
  });

  test.each([5, 6])(
    '%i validators under 2F+1 with one traitor: two sealed blocks at one height (decision 7)',
    async (nodes) => {
      const found = await find(create, { nodes, quorumRule: '2F+1' });
      expect(found?.violations[0]).toMatch(/two (different blocks with enough seals|final blocks)/);
      expect(await find(create, { nodes, quorumRule: 'ceil2N/3' }, undefined, found?.scenario.seed)).toBeUndefined();
    },
  );
});

describe('a failure', () => {
  const plant = qbftPlants.find(({ name }) => name === 'a record written after the send')!;

  test('is the same each time it is run', async () => {
    const first = (await find(plant.createNetwork)) as RunResult;
    expect(await runWith(first.scenario, plant.createNetwork)).toEqual(first);
  });

  test('is shrunk to what it needs', async () => {
    const first = (await find(plant.createNetwork)) as RunResult;
    const run = (scenario: Scenario): Promise<RunResult> => runWith(scenario, plant.createNetwork);
    const { result, runs } = await shrinkFailure(first, run, 4);
    expect(result.violations.length).toBeGreaterThan(0);
    expect(runs).toBeLessThanOrEqual(150);
    const { faults } = result.scenario;
    expect(faults.length).toBeLessThan(first.scenario.faults.length);
    expect(faults.some(({ kind }) => kind === 'crash' || kind === 'torn')).toBe(true);
    expect(await run(result.scenario)).toEqual(result);
  });
});
