import type { Clock } from '../clock.ts';

const longestDelayMs = 0x7fffffff;

/** The platform's clock. Delays beyond 24 days are cut to that. */
export function createClock(): Clock {
  return {
    nowMs: () => Date.now(),
    setTimer(delayMs, callback) {
      const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), longestDelayMs));
      return () => clearTimeout(timer);
    },
  };
}
