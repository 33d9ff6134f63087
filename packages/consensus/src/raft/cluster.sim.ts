import { describe, expect, test } from 'vitest';
import { RaftCluster, type RaftClusterOptions } from '../testing/raft-cluster.ts';

const seeds = Number(process.env['SIM_SEEDS'] ?? 20);
const firstSeed = Number(process.env['SIM_SEED'] ?? 1);

/** Faults for 20 s, then none: nothing contradictory was applied, and everybody goes on. */
function storm(options: RaftClusterOptions): RaftCluster {
  const cluster = new RaftCluster(options);
  cluster.run(20_000);
  cluster.areFaultsOn = false;
  cluster.partition = new Set();
  const before = Math.max(...cluster.commits());
  cluster.run(26_000);
  const seen = JSON.stringify({ options, commits: cluster.commits() });
  expect(cluster.violations, seen).toEqual([]);
  expect(Math.min(...cluster.commits()), seen).toBeGreaterThan(before + 50);
  return cluster;
}

const seedList = Array.from({ length: seeds }, (_, index) => firstSeed + index);

describe('a cluster of Raft nodes', () => {
  test.each(seedList)('seed %i: loss, delay, duplication, partitions, crashes, slow disks', (seed) => {
    storm({ seed, nodes: [3, 5, 4, 7, 1][seed % 5] as number });
  });

  test('without pre-vote and check-quorum, as the original runs it', () => {
    for (let seed = 1; seed <= 5; seed++) storm({ seed, nodes: 3, config: { preVote: false, checkQuorum: false } });
  });

  test('a majority that goes down stops it, and it goes on when one is back', () => {
    const cluster = new RaftCluster({ seed: 7, nodes: 3, loss: 0, crashes: false });
    cluster.areFaultsOn = false;
    cluster.run(3_000);
    const [first, second] = cluster.nodes;
    cluster.crash(first!, 5_000);
    cluster.crash(second!, 9_000);
    cluster.run(4_000);
    const stood = Math.max(...cluster.commits());
    cluster.run(7_900);
    expect(Math.max(...cluster.commits())).toBe(stood);
    cluster.run(11_000);
    expect(Math.max(...cluster.commits())).toBeGreaterThan(stood + 20);
    expect(cluster.violations).toEqual([]);
  });

  test('a rule broken on purpose is found: acknowledging before the disk has it', () => {
    const find = (seed: number): number => {
      const cluster = new RaftCluster({ seed, nodes: 3, isAcknowledgedEarly: true });
      cluster.run(20_000);
      return cluster.violations.length;
    };
    expect(Array.from({ length: 20 }, (_, seed) => seed + 1).some((seed) => find(seed) > 0)).toBe(true);
  });
});
