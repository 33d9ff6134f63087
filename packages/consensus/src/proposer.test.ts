import { zeroAddress } from '@isoquorum/primitives/address';
import { bareHexToBytes, bytesToBareHex } from '@isoquorum/primitives/hex';
import { describe, expect, test } from 'vitest';
import { proposerOf } from './proposer.ts';
import { orderValidators, sortValidators } from './validator-set.ts';

const a1 = bareHexToBytes('70524d664ffe731100208a0154e556f9bb679ae6');
const a2 = bareHexToBytes('b37866a925bccd69cfa98d43b510f1d23d78a851');
const both = [a1, a2];

describe('golden G11: proposers', () => {
  test('round robin', () => {
    expect(proposerOf(both, a1, 0, 'roundRobin')).toEqual(a2);
    expect(proposerOf(both, a1, 3, 'roundRobin')).toEqual(a1);
    expect(proposerOf(both, zeroAddress, 3, 'roundRobin')).toEqual(a2);
  });

  test('sticky', () => {
    expect(proposerOf(both, a1, 0, 'sticky')).toEqual(a1);
    expect(proposerOf(both, a1, 1, 'sticky')).toEqual(a2);
    expect(proposerOf(both, zeroAddress, 3, 'sticky')).toEqual(a2);
  });

  test('an author that is no validator counts as the first; an empty set has no proposer', () => {
    const stranger = new Uint8Array(20).fill(9);
    expect(proposerOf(both, stranger, 0, 'roundRobin')).toEqual(a2);
    expect(proposerOf(both, stranger, 0, 'sticky')).toEqual(a1);
    expect(proposerOf([], a1, 0, 'sticky')).toBeUndefined();
  });
});

test('IBFT orders by checksummed text, QBFT by bytes', () => {
  const lower = bareHexToBytes('a000000000000000000000000000000000000001');
  const other = bareHexToBytes('a000000000000000000000000000000000000000');
  const set = [lower, other];
  expect(sortValidators(set).map(bytesToBareHex)).toEqual([bytesToBareHex(other), bytesToBareHex(lower)]);
  const texts = orderValidators(
    Array.from({ length: 40 }, (_, index) => new Uint8Array(20).fill(index * 6)),
    'ibft',
  ).map(bytesToBareHex);
  expect(texts).not.toEqual(texts.toSorted());
  expect(orderValidators(set, 'qbft')).toEqual(sortValidators(set));
});
