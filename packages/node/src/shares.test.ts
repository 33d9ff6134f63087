import { expect, test } from 'vitest';
import { createShares } from './shares.ts';

test('a peer has its share of messages and bytes, and no more', () => {
  const shares = createShares({ messages: 3, bytes: 100 });
  expect([40, 40, 40].map((bytes) => shares.take('a', bytes))).toEqual([true, true, false]);
  expect([1, 1, 1, 1].map((bytes) => shares.take('b', bytes))).toEqual([true, true, true, false]);
  shares.give('a', 40);
  expect(shares.take('a', 60)).toBe(true);
  expect(shares.take('a', 1)).toBe(false);
});

test('one message is taken whatever its size, and given back whole', () => {
  const shares = createShares({ messages: 3, bytes: 100 });
  expect(shares.take('a', 1_000)).toBe(true);
  expect(shares.take('a', 1)).toBe(false);
  shares.give('a', 1_000);
  shares.give('a', 1_000);
  expect(shares.take('a', 100)).toBe(true);
});
