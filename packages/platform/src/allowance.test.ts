import { describe, expect, it } from 'vitest';
import { createAllowance } from './allowance.ts';
import { createComplaints } from './complaints.ts';
import { createVirtualClock } from './memory/clock.ts';
import { createMemoryLogger } from './memory/logger.ts';

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

describe('complaints', () => {
  it('are written up to the allowance of whom they are about; the next says how many were not', async () => {
    const clock = createVirtualClock(0);
    const logger = createMemoryLogger();
    const complain = createComplaints(logger, clock, { burst: 2, perSecond: 1 });
    for (let count = 0; count < 5; count++) complain('warn', 'a', 'bad', { count });
    complain('error', 'b', 'worse');
    await clock.advance(1_000);
    complain('warn', 'a', 'bad', { count: 5 });
    expect(logger.lines.map(({ level, fields }) => [level, fields])).toEqual([
      ['warn', { count: 0, untold: 0 }],
      ['warn', { count: 1, untold: 0 }],
      ['error', { untold: 0 }],
      ['warn', { count: 5, untold: 3 }],
    ]);
  });
});
