import type { Clock } from '@isoquorum/platform/clock';
import type { Timeline } from '../core/timeline.ts';

/** The clock port over simulated time. @param isAlive once false, no timer fires any more */
export function createSimulatedClock(timeline: Timeline, skewMs = 0, isAlive: () => boolean = () => true): Clock {
  return {
    nowMs: () => timeline.nowMs + skewMs,
    setTimer: (delayMs, callback) =>
      timeline.after(delayMs, () => {
        if (isAlive()) callback();
      }),
  };
}

/** Lets everything run out that promises have set going: a turn of the platform's own queue comes after all of them. */
export async function settle(): Promise<void> {
  if (typeof setImmediate === 'function') {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    return;
  }
  const { port1, port2 } = new MessageChannel();
  await new Promise<void>((resolve) => {
    port1.onmessage = () => resolve();
    port2.postMessage(undefined);
  });
  port1.close();
}
