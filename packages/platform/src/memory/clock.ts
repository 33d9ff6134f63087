import type { CancelTimer, Clock } from '../clock.ts';

/** Time that stands still until told to go on; timers run in order of their time, then of their setting. */
export interface VirtualClock extends Clock {
  /**
   * Goes on by `durationMs`, running each timer that falls due at its own time. Between timers, pending promise callbacks
   * run, so that what a timer started can set the next one.
   */
  advance(durationMs: number): Promise<void>;
  /** Time of the next timer, or `undefined`. */
  nextTimerMs(): number | undefined;
}

interface Timer {
  readonly atMs: number;
  readonly sequence: number;
  readonly callback: () => void;
}

/** A clock for tests and simulations. Starts at `startMs`. */
export function createVirtualClock(startMs = 0): VirtualClock {
  let now = startMs;
  let sequence = 0;
  const timers = new Set<Timer>();

  const next = (): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of timers)
      if (
        first === undefined ||
        timer.atMs < first.atMs ||
        (timer.atMs === first.atMs && timer.sequence < first.sequence)
      )
        first = timer;
    return first;
  };

  /** Lets promise callbacks run that are ready, and those that they make ready, up to a depth that is plenty for tests. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };

  return {
    nowMs: () => now,
    setTimer(delayMs, callback): CancelTimer {
      const timer: Timer = { atMs: now + Math.max(0, delayMs), sequence: sequence++, callback };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    nextTimerMs: () => next()?.atMs,
    async advance(durationMs) {
      const end = now + durationMs;
      await settle();
      for (let timer = next(); timer !== undefined && timer.atMs <= end; timer = next()) {
        timers.delete(timer);
        now = Math.max(now, timer.atMs);
        timer.callback();
        await settle();
      }
      now = end;
    },
  };
}
