import { IsoquorumError } from '@isoquorum/primitives/errors';
import { decodeHomeRequest, encodeHomeAnswer } from '@isoquorum/privacy/home/messages';
import type { Q2tClient } from '@isoquorum/rpc/rest/q2t';
import { beforeAll, describe, expect, test } from 'vitest';
import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import { CONSENSUS_NAMES, type ConsensusName } from './consensus-names.ts';
import { describeFault, FAULT_KINDS, type FaultKind } from './faults/fault.ts';
import { runNodes, type RunNodesOptions } from './nodes/run-nodes.ts';
import type { RunResult } from './scenario.ts';
import { createSimulation, type Simulation } from './simulate.ts';
import { LazyDisk } from './testing/torn-disk.ts';

const seeds = Number(process.env['SIM_NODE_SEEDS'] ?? 5);
const firstSeed = Number(process.env['SIM_SEED'] ?? 1);
const seedList = Array.from({ length: seeds }, (_, index) => firstSeed + index);

beforeAll(async () => {
  await installFastestCrypto();
});

function simulationOf(consensus: ConsensusName, kinds: readonly FaultKind[], heights: number, nodes = 4): Simulation {
  return createSimulation({ consensus, level: 'nodes', nodes, heights, kinds, quorumRule: 'ceil2N/3' });
}

/** What networks stood before their members and rules changed: seeds of that time go the same way with these. */
const unchanging = FAULT_KINDS.filter((kind) => kind !== 'membership' && kind !== 'transition');

/** The failure, with how to see it again. */
function expectSafe(result: RunResult): void {
  const { seed, nodes, faults } = result.scenario;
  const told = [`seed ${seed}, ${nodes} nodes`, ...result.violations, ...faults.map(describeFault)];
  expect(result.violations.length === 0 ? [] : told).toEqual([]);
}

describe.each(CONSENSUS_NAMES)('whole nodes with managers: %s', (consensus) => {
  test('without faults make a block in each period, public and private transactions in them', async () => {
    const simulation = simulationOf(consensus, [], 15);
    const lines: string[] = [];
    const result = await simulation.run(simulation.draw(1), (line) => lines.push(line));
    expectSafe(result);
    expect(result.elapsedMs).toBeLessThan(20_000);
    expect(lines.filter((line) => / head 0 \d+ \w+ [1-9]/.test(line)).length).toBeGreaterThan(4);
    const lastRoot = (node: number): string | undefined =>
      lines
        .findLast((line) => line.includes(` private ${node} ${result.lowest} `))
        ?.split(' ')
        .at(-1);
    expect(lastRoot(0)).toMatch(/^[0-9a-f]{16}$/);
    expect(lastRoot(1)).toBe(lastRoot(0));
    expect(lastRoot(3)).not.toBe(lastRoot(0));
    if (result.scenario.pages === 0) return;
    // A light participant has checked the same blocks, and has the private state of the parties.
    const shown = lines.findLast((line) => line.includes(` private page 0 ${result.lowest} `));
    expect(shown).toContain(` ${lastRoot(0)} `);
    expect(lines.some((line) => line.endsWith('work page 0 true'))).toBe(true);
  });

  test('the same seed goes the same way to the byte', async () => {
    const simulation = simulationOf(consensus, FAULT_KINDS, 8);
    const scenario = simulation.draw(5);
    const runs: string[][] = [[], []];
    for (const lines of runs) await simulation.run(scenario, (line) => lines.push(line));
    expect(runs[0]!.length).toBeGreaterThan(50);
    expect(runs[1]).toEqual(runs[0]);
  });

  test.each(seedList)('seed %i: every fault that it stands', async (seed) => {
    const simulation = simulationOf(consensus, FAULT_KINDS, 15);
    expectSafe(await simulation.run(simulation.draw(seed)));
  });
});

/** What these seeds found is repaired; each fails without the repair. */
describe('seeds that once failed', () => {
  test.each([
    ['clique', 132, 'branches that waited for each other after a lost announcement'],
    ['clique', 137, 'a private head on a block whose sibling had taken its place'],
    ['clique', 157, 'a canonical number that an older batch showed again'],
    ['raft', 145, 'members that never knew each other after lost greetings'],
  ] as const)('%s, seed %i: %s', async (consensus, seed, _why) => {
    const simulation = simulationOf(consensus, unchanging, 20);
    expectSafe(await simulation.run(simulation.draw(seed)));
  });

  test('qbft, seed 123: a page that died between registering at a home and writing down which', async () => {
    const simulation = simulationOf('qbft', FAULT_KINDS, 15);
    expectSafe(await simulation.run(simulation.draw(123)));
  });
});

describe('from IBFT to QBFT', () => {
  // It had blocks to the one before the last of IBFT, heard nothing of IBFT any more, and took what it heard of QBFT for no hint.
  test('seed 1014: a validator with an empty disk that is back at the switch catches up', async () => {
    const simulation = simulationOf('ibft', FAULT_KINDS, 15);
    const result = await simulation.run({
      ...simulation.draw(1_014),
      faults: [
        { kind: 'torn', node: 2, atMs: 565, downMs: 4_596, isAtWrite: false, cut: 'torn' },
        { kind: 'transition', block: 5, change: 'qbft' },
      ],
    });
    expectSafe(result);
  });
});

describe('a young Raft cluster', () => {
  // A first leader wrote entries that no majority has; members with empty disks heard of them by a greeting, took themselves for such as
  // had lost their disks, and gave no vote.
  test('raft, seed 5004: a young cluster that is split in halves finds a leader afterwards', async () => {
    const simulation = simulationOf('raft', FAULT_KINDS, 20);
    const half = { numerator: 1, denominator: 2 };
    const side = [0, 1];
    const result = await simulation.run({
      ...simulation.draw(5_004),
      faults: [
        { kind: 'reorder', fromMs: 47, untilMs: 838, ratio: half, extraMsMax: 20 },
        { kind: 'partition', fromMs: 3_271, untilMs: 5_886, side, isSilent: false },
        { kind: 'partition', fromMs: 1_950, untilMs: 8_132, side, isSilent: true },
      ],
    });
    expectSafe(result);
  });
});

describe('the simulator finds what is planted around whole nodes', () => {
  async function find(
    options: Partial<RunNodesOptions>,
    consensus: ConsensusName = 'qbft',
    kinds: readonly FaultKind[] = ['crash', 'delay'],
    seedsMax = 3,
  ): Promise<string | undefined> {
    const simulation = simulationOf(consensus, kinds, 12);
    for (let seed = 1; seed <= seedsMax; seed++) {
      const settings = { consensus, quorumRule: 'ceil2N/3', hasManagers: true, ...options } as const;
      const { violations } = await runNodes(simulation.draw(seed), settings);
      if (violations.length > 0) return violations[0];
    }
    return undefined;
  }

  test.each(['qbft', 'ibft', 'raft'] as const)('%s: writes acknowledged before they are durable', async (consensus) => {
    const createDisk: RunNodesOptions['createDisk'] = (timeline, delayMs) => new LazyDisk(timeline, delayMs);
    expect(await find({ createDisk }, consensus, ['crash'], 10)).toMatch(/lost (private )?blocks|signed two different/);
  });

  test('a private head that skips a block: its manager keeps one payload from it', async () => {
    let kept: string | undefined;
    const wrapManager = (index: number, manager: Q2tClient): Q2tClient => {
      if (index !== 1) return manager;
      return {
        ...manager,
        receive: async (hash, ...rest) => {
          const payload = await manager.receive(hash, ...rest);
          kept ??= payload && String(hash);
          return String(hash) === kept ? undefined : payload;
        },
      };
    };
    expect(await find({ wrapManager })).toMatch(/different private states/);
  });

  test('a page that skips a payload: its home says that nothing waits for it', async () => {
    const wrapManager = (_: number, manager: Q2tClient): Q2tClient => ({
      ...manager,
      home(peerId, request, ...rest) {
        const isAsking = decodeHomeRequest(request.slice()).method === 'waiting';
        return isAsking ? Promise.resolve(encodeHomeAnswer([])) : manager.home(peerId, request, ...rest);
      },
    });
    expect(await find({ wrapManager })).toMatch(/page \d (and .* )?have different private states/);
  });

  test('and a manager that cannot be reached is none: the private head waits', async () => {
    const wrapManager = (index: number, manager: Q2tClient): Q2tClient => {
      if (index !== 1) return manager;
      const receive: Q2tClient['receive'] = () =>
        Promise.reject(new IsoquorumError('MANAGER_UNREACHABLE', 'connection refused', {}, 'RETRY'));
      return { ...manager, receive };
    };
    expect(await find({ wrapManager })).toBeUndefined();
  });
});
