import type { Clock } from '@isoquorum/platform/clock';
import type { ChainReader } from '../chain/chain.ts';

/** When the height was entered that is being decided: leaders may change many times in between. */
export interface HeightTime {
  /** Unix milliseconds. */
  sinceMs(): number;
  stop(): void;
}

export function createHeightTime(chain: ChainReader, clock: Clock): HeightTime {
  let sinceMs = clock.nowMs();
  const stop = chain.onEvent((event) => {
    if (event.type === 'head') sinceMs = clock.nowMs();
  });
  return { sinceMs: () => sinceMs, stop };
}
