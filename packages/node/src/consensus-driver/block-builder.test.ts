import { createVirtualClock, type VirtualClock } from '@isoquorum/platform/memory/clock';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import type { Block } from '@isoquorum/primitives/block';
import { describe, expect, test } from 'vitest';
import type { BuildRequest as ExecutorRequest } from '../import/executor.ts';
import { type BlockBuilder, type BuildRequest, createBlockBuilder } from './block-builder.ts';
import type { DriverParts } from './driver.ts';

const startMs = 1_000_000;
const deadlineMs = startMs + 1_000;
const parentHash = new Uint8Array(32);
const request: BuildRequest = {
  height: 1,
  parentHash,
  minTimestamp: 0n,
  deadlineMs,
  emptyDeadlineMs: undefined,
};

interface Scene {
  readonly clock: VirtualClock;
  readonly builder: BlockBuilder;
  readonly built: Block[];
  /** What the executor was asked for, and when. */
  readonly asked: { readonly request: ExecutorRequest; readonly atMs: number }[];
}

/** A builder whose pool holds so many transactions; `execute` stands for the work on them, which takes `workMs` of the clock in all. */
function setUp(
  pending: number,
  execute: (request: ExecutorRequest) => Promise<void> = async () => {},
  workMs = (): number => 0,
): Scene {
  const virtual = createVirtualClock(startMs);
  const clock = { ...virtual, nowMs: () => virtual.nowMs() + workMs() };
  const asked: Scene['asked'] = [];
  const built: Block[] = [];
  const parts = {
    clock,
    logger: silentLogger,
    chain: { tip: () => ({ hash: parentHash }) },
    pool: { onEvent: () => () => {}, status: () => ({ pending }), candidates: () => [] },
    executor: {
      async build(wanted: ExecutorRequest) {
        asked.push({ request: wanted, atMs: clock.nowMs() });
        await execute(wanted);
        return { header: {}, transactions: [{}], uncles: [], skipped: [] };
      },
    },
  } as unknown as DriverParts;
  const prepare = (): never => ({ header: {}, author: new Uint8Array(20) }) as never;
  return { clock, built, asked, builder: createBlockBuilder(parts, prepare, (block) => void built.push(block)) };
}

describe('a block that is filled', () => {
  test('is begun early enough for what waits, and given out when its time has come', async () => {
    const { clock, builder, asked, built } = setUp(500);
    builder.build(request);
    await clock.advance(999);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.atMs).toBeLessThan(deadlineMs - 500);
    expect(built).toHaveLength(0);
    await clock.advance(1);
    expect(built).toHaveLength(1);
  });

  test('costs nothing before its time where others go first, and nothing at all if they have come', async () => {
    const { clock, builder, asked, built } = setUp(500);
    builder.build({ ...request, givesWay: true });
    await clock.advance(999);
    expect(asked).toHaveLength(0);
    builder.cancel();
    await clock.advance(10_000);
    expect([asked.length, built.length]).toEqual([0, 0]);
    builder.build({ ...request, givesWay: true });
    await clock.advance(1);
    expect([asked.length, built.length]).toEqual([1, 1]);
  });

  test('hears between two transactions of the block of another that comes first, and ends at once then', async () => {
    let workMs = 0;
    let done = 0;
    const turns: number[] = [];
    const scene: Scene = setUp(
      500,
      async ({ runOptions, isTimeUp }) => {
        for (;;) {
          // The other block comes at the third pause.
          if (done === 12) scene.clock.setTimer(0, () => scene.builder.cancel());
          const wait = runOptions?.pause?.();
          if (wait !== undefined) turns.push(done);
          await wait;
          if (isTimeUp?.() !== false) {
            expect(runOptions?.checkDeadline).toThrow();
            return;
          }
          expect(runOptions?.checkDeadline).not.toThrow();
          done++;
          workMs += 5;
        }
      },
      () => workMs,
    );
    const { clock, builder, asked, built } = scene;
    builder.build({ ...request, givesWay: true });
    await clock.advance(60_000);
    expect([asked.length, built.length]).toEqual([1, 0]);
    expect(turns).toEqual([4, 8, 12]);
    expect(done).toBe(12);
  });

  test('keeps on without a pause where nobody goes first', async () => {
    const pauses: unknown[] = [];
    const { clock, builder } = setUp(1, ({ runOptions }) => Promise.resolve(void pauses.push(runOptions)));
    builder.build(request);
    await clock.advance(1_000);
    expect(pauses).toEqual([undefined]);
  });
});
