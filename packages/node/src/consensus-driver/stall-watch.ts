import type { CancelTimer, Clock } from '@isoquorum/platform/clock';

/** The longest that a standstill goes unsaid after it was told once. */
const longestMs = 60_000;

/** Tells of a standstill when it is due, then ever more rarely until something moves. */
export interface StallWatch {
  /** Something moved, or is awaited anew: the next is due after `dueMs`. */
  expect(dueMs: number): void;
  /** As `expect`, unless something is awaited already. */
  expectIfIdle(dueMs: number): void;
  /** Nothing is awaited. */
  stop(): void;
}

/** @param tell says who is missing; called after `dueMs`, then after twice that, and so on up to once a minute */
export function createStallWatch(clock: Clock, tell: () => void): StallWatch {
  let cancel: CancelTimer | undefined;

  function expect(dueMs: number): void {
    cancel?.();
    cancel = clock.setTimer(dueMs, () => {
      expect(Math.min(2 * dueMs, longestMs));
      tell();
    });
  }

  return {
    expect,
    expectIfIdle(dueMs) {
      if (cancel === undefined) expect(dueMs);
    },
    stop() {
      cancel?.();
      cancel = undefined;
    },
  };
}
