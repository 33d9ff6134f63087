import { describe, expect, test } from 'vitest';
import { Cluster, type ClusterOptions } from '../testing/cluster.ts';
import { step } from './step.ts';
import type { BftHeightContext } from '../bft/types.ts';
import type { QbftInput, QbftState, QbftStep } from './types.ts';

/** Runs seeds until a violation shows; the number of seeds is bounded. */
function findViolation(options: Omit<ClusterOptions, 'seed'>, seeds: number): string | undefined {
  for (let seed = 1; seed <= seeds; seed++) {
    const cluster = new Cluster({ ...options, seed });
    // Splits that come and go.
    for (let part = 0; part < 12 && cluster.violations.length === 0; part++) {
      cluster.partition = new Set(
        part % 2 === 0 ? [] : cluster.nodes.filter(() => cluster.random.chance(50)).map(({ index }) => index),
      );
      cluster.run((part + 1) * 5_000);
    }
    if (cluster.violations.length > 0) return cluster.violations[0];
  }
  return undefined;
}

const rough = { nodes: 4, traitors: 1, lossPercent: 10, latencyMsMax: 500, skewMsMax: 200, crashPercent: 4 } as const;

/** The machine with every context changed. */
function withContext(change: (context: BftHeightContext) => BftHeightContext) {
  return (state: QbftState, input: QbftInput): QbftStep =>
    step(
      state,
      input.type === 'start' || input.type === 'newHead' ? { ...input, context: change(input.context) } : input,
    );
}

/** The machine with its state damaged after each step. */
function withDamage(damage: (before: QbftState, after: QbftState) => QbftState) {
  return (state: QbftState, input: QbftInput): QbftStep => {
    const result = step(state, input);
    return { ...result, state: damage(state, result.state) };
  };
}

describe('the simulator finds planted faults', () => {
  test('the product itself stands the same storms', () => {
    expect(findViolation(rough, 6)).toBeUndefined();
  });

  test('a record forgotten at a crash: something is signed twice', () => {
    expect(findViolation({ ...rough, forgetRecords: true }, 40)).toMatch(/signed twice|two final/);
  });

  test('a quorum off by one: two final blocks, or a block that does not import', () => {
    const broken = withContext((context) => ({ ...context, quorum: context.quorum - 1 }));
    expect(findViolation({ ...rough, step: broken }, 40)).toMatch(/two final|does not import/);
  });

  test('a lock forgotten when the round changes', () => {
    const broken = withDamage((before, after) =>
      after.round > before.round ? { ...after, certificate: undefined } : after,
    );
    expect(findViolation({ ...rough, step: broken }, 60)).toMatch(/two final|signed twice/);
  });

  test('a vote given again after it was given', () => {
    const broken = withDamage((_, after) => ({
      ...after,
      prepareDigest: undefined,
      phase: after.phase === 'preprepared' ? 'acceptRequest' : after.phase,
    }));
    expect(findViolation({ ...rough, step: broken }, 40)).toMatch(/two final|signed twice/);
  });

  test('five validators under 2F+1 with one traitor: two final blocks at one height (decision 7)', () => {
    expect(findViolation({ ...rough, nodes: 5, crashPercent: 0, lossPercent: 0, isTwoFPlus1: true }, 60)).toMatch(
      /two final/,
    );
    expect(findViolation({ ...rough, nodes: 5, crashPercent: 0, lossPercent: 0 }, 6)).toBeUndefined();
  });
});
