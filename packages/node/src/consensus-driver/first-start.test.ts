import { createVirtualClock } from '@isoquorum/platform/memory/clock';
import { createMemoryLogger, type MemoryLogger } from '@isoquorum/platform/memory/logger';
import { describe, expect, test } from 'vitest';
import { createFirstStart, type HeardPeer } from './first-start.ts';

const startedMs = 1_000_000_000;
const blockPatienceMs = 10_000;

const addressOf = (name: string): Uint8Array => new Uint8Array(20).fill(name.charCodeAt(0));
const peer = (name: string, headNumber = 0): HeardPeer => ({ id: name, address: addressOf(name), headNumber });

interface Scene {
  readonly clock: ReturnType<typeof createVirtualClock>;
  readonly logger: MemoryLogger;
  readonly hear: (...peers: readonly HeardPeer[]) => void;
  readonly take: (number: number, ms: number) => void;
  readonly ready: () => boolean;
}

/** D, which has no record, among validators of which so many make a quorum. */
function setUp(validators: string, quorum: number, listed = ''): Scene {
  const clock = createVirtualClock(startedMs);
  const logger = createMemoryLogger();
  let head = { number: 0, timestampMs: 0 };
  let peers: readonly HeardPeer[] = [];
  let isReady = false;
  const firstStart = createFirstStart({
    clock,
    logger,
    address: addressOf('D'),
    head: () => head,
    deciders: () => ({ validators: validators.split('').map(addressOf), quorum }),
    peers: () => peers,
    expectedPeers: () => listed.split(''),
    blockPatienceMs: () => blockPatienceMs,
    onReady: () => {
      isReady = true;
    },
  });
  firstStart.check();
  return {
    clock,
    logger,
    ready: () => isReady,
    hear(...heard) {
      peers = heard;
      firstStart.check();
    },
    take(number, timestampMs) {
      head = { number, timestampMs };
      firstStart.check();
    },
  };
}

/** Its peers are at block 1000. */
function setUpBehind(): Scene {
  const scene = setUp('ABCD', 3);
  scene.hear(peer('A', 1000), peer('B', 1000), peer('C', 1000));
  return scene;
}

describe('a validator without a record', () => {
  test('signs nothing while it sees nobody, however long, and says whom it waits for', async () => {
    const { clock, logger, ready } = setUp('ABCD', 3);
    await clock.advance(3_000_000);
    expect(ready()).toBe(false);
    const waits = logger.lines.filter(({ level, fields }) => level === 'warn' && fields.quorum === 3);
    expect(waits).toHaveLength(1);
    expect(String(waits[0]?.fields.absent).split(' ')).toHaveLength(3);
  });

  test('signs as soon as a quorum is there of which nobody is further, on a network that begins', () => {
    const { hear, ready } = setUp('ABCD', 3);
    hear(peer('A'));
    expect(ready()).toBe(false);
    hear(peer('A'), peer('X'), { ...peer('Y'), address: undefined });
    expect(ready()).toBe(false);
    hear(peer('A'), peer('B'));
    expect(ready()).toBe(true);
  });

  test('does not take a network for new of which others, that come late, have a chain', async () => {
    const { clock, hear, take, ready } = setUp('ABCD', 3);
    await clock.advance(60_000);
    hear(peer('A', 1000));
    hear(peer('A', 1000), peer('B', 1000));
    expect(ready()).toBe(false);
    await clock.advance(60_000);
    expect(ready()).toBe(false);
    take(1000, startedMs - 5_000);
    expect(ready()).toBe(false);
    take(1001, clock.nowMs());
    expect(ready()).toBe(true);
  });

  test('does not take those for company that are further, though they give it no blocks', async () => {
    const { clock, hear, ready } = setUp('ABCD', 3);
    hear(peer('A', 1000), peer('B'));
    await clock.advance(10 * blockPatienceMs);
    expect(ready()).toBe(false);
  });

  test('is not kept from a new network by one that makes a chain up', async () => {
    const { clock, hear, ready } = setUp('ABCD', 3);
    hear(peer('A', 1000), peer('B'), peer('C'));
    expect(ready()).toBe(false);
    await clock.advance(blockPatienceMs);
    expect(ready()).toBe(true);
  });

  test('waits for its peers all its patience once they are all there, where it is not linked to a quorum', async () => {
    const { clock, hear, ready } = setUp('ABCDEFG', 5, 'CE');
    hear(peer('C'));
    await clock.advance(2 * blockPatienceMs);
    expect(ready()).toBe(false);
    hear(peer('C'), peer('E'));
    await clock.advance(blockPatienceMs - 1);
    expect(ready()).toBe(false);
    await clock.advance(1);
    expect(ready()).toBe(true);
  });

  test('signs alone where it is the only one, if no other node may be there', async () => {
    expect(setUp('D', 1).ready()).toBe(true);
    const { clock, hear, ready } = setUp('D', 1, 'F');
    await clock.advance(10 * blockPatienceMs);
    expect(ready()).toBe(false);
    hear(peer('F'));
    expect(ready()).toBe(true);
  });

  test('fetches first what its followers have, where it is the only one', async () => {
    const { clock, hear, take, ready } = setUp('D', 1, 'F');
    hear(peer('F', 1000));
    expect(ready()).toBe(false);
    take(1000, startedMs - 5_000);
    await clock.advance(blockPatienceMs);
    expect(ready()).toBe(true);
  });
});

test('old blocks that are fetched for longer than its patience do not make a node sign that has no record', async () => {
  const { clock, take, ready } = setUpBehind();
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
  const { clock, take, ready } = setUpBehind();
  await clock.advance(blockPatienceMs / 2);
  take(1000, startedMs - 1_000);
  await clock.advance(blockPatienceMs - 1);
  expect(ready()).toBe(false);
  await clock.advance(1);
  expect(ready()).toBe(true);
});
