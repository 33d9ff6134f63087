import { createVirtualClock } from '@isoquorum/platform/memory/clock';
import type { Handlers } from '@isoquorum/rpc/jsonrpc/methods';
import { expect, test } from 'vitest';
import type { ChainEvent, PrivateHead } from '../chain/chain.ts';
import { privateStateBehind } from '../chain/errors.ts';
import type { HandlerContext } from './context.ts';
import { withPrivatePatience } from './private-patience.ts';

/** A private head that a test moves, and a handler that fails while it is below block 11. */
function setUp(waitingSinceMs?: number): {
  ask: () => Promise<unknown>;
  clock: ReturnType<typeof createVirtualClock>;
  move: (number: number) => void;
  asked: () => number;
} {
  const clock = createVirtualClock();
  let number = 10;
  let asked = 0;
  const listeners = new Set<(event: ChainEvent) => void>();
  const waitingFor = waitingSinceMs === undefined ? undefined : { sinceMs: clock.nowMs() - waitingSinceMs };
  const chain = {
    privateHead: () => ({ number, waitingFor }) as PrivateHead,
    onEvent: (listener: (event: ChainEvent) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const handler = (): string => {
    asked += 1;
    if (number < 11) throw privateStateBehind('private', number, 11);
    return '0x2a';
  };
  const handlers = withPrivatePatience(
    { chain, clock } as unknown as HandlerContext,
    { eth_call: handler } as unknown as Handlers,
  );
  return {
    clock,
    asked: () => asked,
    ask: async () => (handlers as unknown as Record<string, () => unknown>)['eth_call']?.(),
    move: (to) => {
      number = to;
      const event = { type: 'privateHead', psi: 'private', number: to } as ChainEvent;
      for (const listener of listeners) listener(event);
    },
  };
}

test('a read waits for a private head that is on its way', async () => {
  const { ask, move, asked } = setUp();
  const answer = ask();
  await Promise.resolve();
  move(11);
  expect(await answer).toBe('0x2a');
  expect(asked()).toBe(2);
});

test('a read does not wait for ever', async () => {
  const { ask, clock } = setUp();
  const answer = expect(ask()).rejects.toMatchObject({ code: 'PRIVATE_STATE_BEHIND' });
  await Promise.resolve();
  await clock.advance(1_000);
  await answer;
});

test('a head that is stuck for want of a payload is reported at once', async () => {
  const { ask } = setUp(5_000);
  await expect(ask()).rejects.toMatchObject({
    code: 'PRIVATE_STATE_BEHIND',
    fields: { privateNumber: 10, blockNumber: 11 },
  });
});
