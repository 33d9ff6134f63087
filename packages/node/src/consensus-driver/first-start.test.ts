import { createVirtualClock } from '@isoquorum/platform/memory/clock';
import { createMemoryLogger } from '@isoquorum/platform/memory/logger';
import { expect, test } from 'vitest';
import { createFirstStart } from './first-start.ts';

const startedMs = 1_000_000_000;
const blockPatienceMs = 10_000;

/** A node without a record, whose peers are at block 1000. */
function setUp(): {
  clock: ReturnType<typeof createVirtualClock>;
  take: (number: number, ms: number) => void;
  ready: () => boolean;
} {
  const clock = createVirtualClock(startedMs);
  let head = { number: 0, timestampMs: 0 };
  let isReady = false;
  const firstStart = createFirstStart({
    clock,
    logger: createMemoryLogger(),
    head: () => head,
    peerHeads: () => [1000],
    isQuorumConnected: () => true,
    blockPatienceMs: () => blockPatienceMs,
    onReady: () => {
      isReady = true;
    },
  });
  firstStart.check();
  return {
    clock,
    ready: () => isReady,
    take(number, timestampMs) {
      head = { number, timestampMs };
      firstStart.check();
    },
  };
}

test('old blocks that are fetched for longer than its patience do not make a node sign that has no record', async () => {
  const { clock, take, ready } = setUp();
  for (let number = 1; number <= 20; number++) {
    await clock.advance(blockPatienceMs / 4);
    take(number, startedMs - 1_000_000 + number * 1_000);
    expect(ready()).toBe(false);
  }
  await clock.advance(blockPatienceMs / 4);
  take(1001, clock.nowMs());
  expect(ready()).toBe(true);
});

test('it signs when the head has stayed as it is for all its patience, counted from the last block', async () => {
  const { clock, take, ready } = setUp();
  await clock.advance(blockPatienceMs / 2);
  take(1000, startedMs - 1_000);
  await clock.advance(blockPatienceMs - 1);
  expect(ready()).toBe(false);
  await clock.advance(1);
  expect(ready()).toBe(true);
});
