import { expect, test } from 'vitest';
import { faultsOf, isUnsafeQuorum, quorumOf } from './quorum.ts';

test('F = ceil(N/3) - 1', () => {
  expect([0, 1, 2, 3, 4, 5, 6, 7, 10, 21].map(faultsOf)).toEqual([0, 0, 0, 0, 1, 1, 1, 2, 3, 6]);
});

test('quorums by rule', () => {
  expect([1, 2, 3, 4, 5, 6, 7].map((count) => quorumOf(count, '2F+1'))).toEqual([1, 1, 1, 3, 3, 3, 5]);
  expect([1, 2, 3, 4, 5, 6, 7].map((count) => quorumOf(count, 'ceil2N/3'))).toEqual([1, 2, 2, 3, 4, 4, 5]);
});

test('golden G11: with ceil(2N/3), 2q > N + F and 2q <= N + F + 2 from 5 to 1004 validators', () => {
  for (let count = 5; count <= 1004; count++) {
    const quorum = quorumOf(count, 'ceil2N/3');
    const faults = faultsOf(count);
    expect(2 * quorum).toBeGreaterThan(count + faults);
    expect(2 * quorum).toBeLessThanOrEqual(count + faults + 2);
    expect(isUnsafeQuorum(count, 'ceil2N/3')).toBe(false);
  }
});

test('a quorum is always reachable without the faulty ones', () => {
  for (let count = 1; count <= 200; count++) {
    for (const rule of ['2F+1', 'ceil2N/3'] as const)
      expect(count - faultsOf(count)).toBeGreaterThanOrEqual(quorumOf(count, rule));
  }
});

test('under 2F+1 the sets of 2, 3, 5, 6, 8, 9 are unsafe (decision 7); compared with counting overlaps', () => {
  const unsafe = Array.from({ length: 10 }, (_, count) => count).filter((count) => isUnsafeQuorum(count, '2F+1'));
  expect(unsafe).toEqual([2, 3, 5, 6, 8, 9]);
  for (let count = 1; count <= 30; count++) {
    // Two quorums chosen from the two ends overlap least.
    const quorum = quorumOf(count, '2F+1');
    const first = new Set(Array.from({ length: quorum }, (_, index) => index));
    const overlap = Array.from({ length: quorum }, (_, index) => count - 1 - index).filter((index) => first.has(index));
    expect(isUnsafeQuorum(count, '2F+1')).toBe(overlap.length <= faultsOf(count));
  }
});
