import { describe, expect, it } from 'vitest';
import { createAllowance } from './allowance.ts';
import { createVirtualClock } from './memory/clock.ts';

describe('an allowance', () => {
  it('grants a burst, then a rate, to each key, and counts what it refused', async () => {
    const clock = createVirtualClock(1_000);
    const allowance = createAllowance(clock, { burst: 3, perSecond: 2 });
    expect([1, 2, 3, 4, 5].map(() => allowance.take('a'))).toEqual([0, 0, 0, undefined, undefined]);
    expect(allowance.isUsedUp('a')).toBe(true);
    expect(allowance.take('b')).toBe(0);
    await clock.advance(500);
    expect(allowance.isUsedUp('a')).toBe(false);
    expect([allowance.take('a'), allowance.take('a')]).toEqual([2, undefined]);
    await clock.advance(60_000);
    expect([1, 2, 3, 4].map(() => allowance.take('a'))).toEqual([1, 0, 0, undefined]);
  });

  it('remembers so many keys and no more', () => {
    const allowance = createAllowance(createVirtualClock(0), { burst: 1, perSecond: 0 });
    for (let index = 0; index < 10_000; index++) expect(allowance.take(`key ${index}`)).toBe(0);
    expect(allowance.take('key 9999')).toBeUndefined();
    expect(allowance.take('key 0')).toBe(0);
  });
});
