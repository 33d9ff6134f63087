import { describe, expect, test } from 'vitest';
import { Cluster, type ClusterOptions } from '../testing/cluster.ts';

const seeds = Number(process.env['SIM_SEEDS'] ?? 12);
const firstSeed = Number(process.env['SIM_SEED'] ?? 1);

/** The options replay the run. */
function describeRun(cluster: Cluster): string {
  return JSON.stringify({ options: cluster.options, violations: cluster.violations, heights: cluster.heights() });
}

/** Faults for `faultMs`, then none: everything must have been safe, and then everybody goes on. */
function storm(options: ClusterOptions, faultMs = 40_000, calmMs = 150_000): Cluster {
  const cluster = new Cluster(options);
  cluster.run(faultMs);
  expect(`${cluster.violations.length} violations ${describeRun(cluster)}`).toMatch(/^0 violations/);
  cluster.areFaultsOn = false;
  cluster.partition = new Set();
  const before = Math.max(...cluster.heights());
  cluster.run(faultMs + calmMs);
  expect(`${cluster.violations.length} violations ${describeRun(cluster)}`).toMatch(/^0 violations/);
  const gained = Math.min(...cluster.heights()) - before;
  expect(gained > 5 ? 'progress' : `gained ${gained} ${describeRun(cluster)}`).toBe('progress');
  return cluster;
}

const seedList = Array.from({ length: seeds }, (_, index) => firstSeed + index);

describe('a cluster of QBFT machines', () => {
  test('without faults makes a block per period, all in round 0', () => {
    const cluster = new Cluster({ seed: 1, nodes: 4 });
    cluster.run(60_000);
    expect(cluster.violations).toEqual([]);
    expect(Math.min(...cluster.heights())).toBeGreaterThanOrEqual(57);
  });

  test('with one of four down goes on, and it catches up when it is back', () => {
    const cluster = new Cluster({ seed: 2, nodes: 4 });
    cluster.run(5_000);
    const victim = cluster.nodes[2]!;
    cluster.crash(victim, 30_000);
    cluster.run(35_000);
    expect(Math.max(...cluster.heights())).toBeGreaterThan(12);
    cluster.run(45_000);
    expect(cluster.violations).toEqual([]);
    expect(Math.min(...cluster.heights())).toBeGreaterThanOrEqual(Math.max(...cluster.heights()) - 1);
  });

  test('with two of four down stops without harm, and resumes when they are back', () => {
    const cluster = new Cluster({ seed: 3, nodes: 4 });
    cluster.run(5_000);
    cluster.crash(cluster.nodes[1]!, 120_000);
    cluster.crash(cluster.nodes[2]!, 125_000);
    cluster.run(120_000);
    const stopped = Math.max(...cluster.heights());
    expect(stopped).toBeLessThan(8);
    // Two round timeouts of at most a minute each.
    cluster.run(125_000 + 120_000);
    expect(cluster.violations).toEqual([]);
    expect(Math.min(...cluster.heights())).toBeGreaterThan(stopped + 3);
  });

  test('with all down and up again goes on where it was', () => {
    const cluster = new Cluster({ seed: 4, nodes: 4 });
    cluster.run(5_050);
    for (const node of cluster.nodes) cluster.crash(node, 2_000 + 300 * node.index);
    cluster.run(30_000);
    expect(cluster.violations).toEqual([]);
    expect(Math.min(...cluster.heights())).toBeGreaterThan(12);
  });

  test('a minority partition does not go on alone, and joins again', () => {
    const cluster = new Cluster({ seed: 5, nodes: 7 });
    cluster.run(5_000);
    cluster.partition = new Set([0, 1]);
    cluster.run(40_000);
    const [lone = 0] = cluster.heights();
    expect(lone).toBeLessThan(Math.max(...cluster.heights()) - 5);
    cluster.partition = new Set();
    cluster.run(60_000);
    expect(cluster.violations).toEqual([]);
    expect(Math.min(...cluster.heights())).toBeGreaterThanOrEqual(Math.max(...cluster.heights()) - 1);
  });

  test.each(seedList)('seed %i: loss, duplicates, reordering, skew, crashes', (seed) => {
    const nodes = 4 + (seed % 4);
    storm({
      seed,
      nodes,
      lossPercent: seed % 25,
      duplicatePercent: 10,
      latencyMsMax: 20 + (seed % 7) * 100,
      skewMsMax: 300,
      crashPercent: 3,
    });
  });

  test.each(seedList)('seed %i: with F traitors', (seed) => {
    const nodes = [4, 7, 10][seed % 3] as number;
    const traitors = Math.ceil(nodes / 3) - 1;
    storm({ seed, nodes, traitors, lossPercent: seed % 10, latencyMsMax: 50 + (seed % 5) * 100, skewMsMax: 200 });
  });

  test.each(seedList)('seed %i: with F traitors and crashes', (seed) => {
    storm({
      seed: seed + 1000,
      nodes: 4,
      traitors: 1,
      lossPercent: seed % 10,
      latencyMsMax: 200,
      skewMsMax: 200,
      crashPercent: 3,
    });
  });
});
