import { describe, expect, it } from 'vitest';
import { type HeadFacts, markHead } from './head-mark.ts';

const facts: HeadFacts = {
  number: 10,
  timestamp: 100,
  nowSeconds: 101,
  blockPeriodSeconds: 1,
  emptyBlockPeriodSeconds: 0,
  sealers: 4,
  validatorCount: 4,
  quorum: 3,
  watched: 2,
  target: 10,
  refusedAbove: undefined,
};

describe('mark of the head', () => {
  it.each<[string, string, Partial<HeadFacts>]>([
    ['verified', 'FULL_QUORUM', {}],
    ['verified', 'ONE_VALIDATOR', { watched: 1 }],
    ['old', 'HEAD_OLD', { nowSeconds: 200 }],
    ['verified', 'FULL_QUORUM', { nowSeconds: 140, emptyBlockPeriodSeconds: 60 }],
    ['old', 'NO_VALIDATORS', { watched: 0 }],
    ['old', 'NEXT_REFUSED', { nowSeconds: 200, refusedAbove: { number: 11, reason: 'too few seals' } }],
    ['unverified', 'CATCHING_UP', { target: 400 }],
    ['unverified', 'GENESIS_ONLY', { number: 0, target: 0 }],
    ['unverified', 'NO_VALIDATORS', { number: 0, target: 0, watched: 0 }],
  ])('is %s with %s', (mark, code, change) => {
    const marked = markHead({ ...facts, ...change });
    expect(marked).toMatchObject({ mark, code });
    expect(marked.reason.length).toBeGreaterThan(20);
  });
});
