import type { EvmRunOptions } from '@isoquorum/execution/evm/port';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { Clock } from '@isoquorum/platform/clock';

/** So long a run keeps the thread before others get their turn, milliseconds. */
const SLICE_MS = 10;

/** Resolves when whatever else waits for the thread has had its turn. */
export function giveWay(clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(0, resolve);
  });
}

/** Takes a walk to its end and, each time that it has come up often enough, lets others have the thread. @throws as the walk does */
export async function runInSlices<Result>(clock: Clock, walk: Generator<unknown, Result>): Promise<Result> {
  let sinceMs = clock.nowMs();
  for (;;) {
    const next = walk.next();
    if (next.done === true) return next.value;
    if (clock.nowMs() - sinceMs < SLICE_MS) continue;
    await giveWay(clock);
    sinceMs = clock.nowMs();
  }
}

/**
 * Options of a run that ends after a time and, in engines that can wait, lets others have the thread in between.
 * @param timeoutMs of the run itself, waiting for others not counted in; 0: no limit
 */
export function timeSlices(clock: Clock, timeoutMs: number, text: string): EvmRunOptions {
  let spentMs = 0;
  let sinceMs = clock.nowMs();
  return {
    checkDeadline: () => {
      const lastedMs = spentMs + clock.nowMs() - sinceMs;
      if (timeoutMs > 0 && lastedMs > timeoutMs) throw new IsoquorumError('CALL_TIMEOUT', text, { timeoutMs });
    },
    pause: () => {
      const nowMs = clock.nowMs();
      if (nowMs - sinceMs < SLICE_MS) return undefined;
      spentMs += nowMs - sinceMs;
      return giveWay(clock).then(() => {
        sinceMs = clock.nowMs();
      });
    },
  };
}
