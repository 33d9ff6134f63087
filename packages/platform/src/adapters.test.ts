import { describe, expect, test } from 'vitest';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { createClock as createBrowserClock } from './browser/clock.ts';
import { createRandom as createBrowserRandom } from './browser/random.ts';
import { createVirtualClock } from './memory/clock.ts';
import { createMemoryLogger } from './memory/logger.ts';
import { createSeededRandom } from './memory/random.ts';
import { createClock } from './node/clock.ts';
import { createLogger } from './node/logger.ts';
import { createRandom } from './node/random.ts';

describe('virtual clock', () => {
  test('timers run at their time, in order of time and of setting, and timers may set timers', async () => {
    const clock = createVirtualClock(1_000);
    const seen: string[] = [];
    const note = (name: string) => (): void => void seen.push(`${name}@${clock.nowMs()}`);
    clock.setTimer(30, note('c'));
    clock.setTimer(10, () => {
      note('a')();
      clock.setTimer(10, note('b2'));
    });
    clock.setTimer(20, note('b1'));
    const cancel = clock.setTimer(15, note('never'));
    cancel();
    cancel();
    expect(clock.nextTimerMs()).toBe(1_010);
    await clock.advance(25);
    expect(seen).toEqual(['a@1010', 'b1@1020', 'b2@1020']);
    expect(clock.nowMs()).toBe(1_025);
    await clock.advance(5);
    expect(seen.at(-1)).toBe('c@1030');
    expect(clock.nextTimerMs()).toBeUndefined();
  });

  test('what a timer starts with promises can set the next timer', async () => {
    const clock = createVirtualClock();
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => void clock.setTimer(ms, resolve));
    const times: number[] = [];
    const work = (async () => {
      for (let index = 0; index < 5; index++) {
        await sleep(7);
        times.push(clock.nowMs());
      }
    })();
    await clock.advance(100);
    await work;
    expect(times).toEqual([7, 14, 21, 28, 35]);
  });
});

describe.each([
  ['node', createClock],
  ['browser', createBrowserClock],
])('%s clock', (_name, create) => {
  test('runs timers unless cancelled', async () => {
    const clock = create();
    const before = clock.nowMs();
    let cancelled = false;
    clock.setTimer(1, () => {
      cancelled = true;
    })();
    await new Promise<void>((resolve) => void clock.setTimer(5, resolve));
    expect(cancelled).toBe(false);
    expect(clock.nowMs()).toBeGreaterThanOrEqual(before);
  });
});

describe('random', () => {
  test.each([
    ['node', createRandom()],
    ['browser', createBrowserRandom()],
  ])('%s gives different bytes of the length asked for', (_name, random) => {
    expect(random.bytes(0).length).toBe(0);
    expect(random.bytes(32)).not.toEqual(random.bytes(32));
    const long = random.bytes(70_000);
    expect(long.length).toBe(70_000);
    expect(long.subarray(69_000).some((byte) => byte !== 0)).toBe(true);
  });

  test('a seed gives the same stream however it is cut', () => {
    const whole = createSeededRandom('seed').bytes(100);
    const parts = createSeededRandom('seed');
    expect([...parts.bytes(1), ...parts.bytes(40), ...parts.bytes(59)]).toEqual([...whole]);
    expect(createSeededRandom('other').bytes(100)).not.toEqual(whole);
  });
});

describe('loggers', () => {
  test('one JSON object per line, bytes as hex, errors as codes, from a level on', () => {
    const lines: string[] = [];
    const logger = createLogger({ level: 'info', write: (line) => lines.push(line) }).child({ node: 1 });
    logger.log('debug', 'not shown');
    logger.log('warn', 'shown', {
      hash: Uint8Array.of(1, 2),
      long: new Uint8Array(100),
      big: 5n,
      nested: { deep: [new Error('plain'), new IsoquorumError('X_CODE', 'text', { field: 'f' })] },
    });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] as string)).toEqual({
      time: expect.any(String),
      level: 'warn',
      message: 'shown',
      node: 1,
      hash: '0x0102',
      long: `0x${'00'.repeat(64)}… (100 bytes)`,
      big: '5',
      nested: {
        deep: [
          { name: 'Error', message: 'plain' },
          { code: 'X_CODE', message: 'text', fields: { field: 'f' } },
        ],
      },
    });
  });

  test('the memory logger keeps fields of children and the last lines', () => {
    const logger = createMemoryLogger(2);
    logger.child({ a: 1 }).child({ b: 2 }).log('info', 'one', { c: 3 });
    expect(logger.lines).toEqual([{ level: 'info', message: 'one', fields: { a: 1, b: 2, c: 3 } }]);
    logger.log('info', 'two');
    logger.log('info', 'three');
    expect(logger.lines.map((line) => line.message)).toEqual(['two', 'three']);
  });
});
