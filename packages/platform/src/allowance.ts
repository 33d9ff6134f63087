import type { Clock } from './clock.ts';

/** How often something may be done for one key: so many times at once, then at a rate. */
export interface AllowanceLimits {
  readonly burst: number;
  readonly perSecond: number;
}

/** Bounds what others can make this program do: each key (a peer, a validator) has an allowance of its own. */
export interface Allowance {
  /** Answers how often the key was refused since it was last granted; undefined: refused. */
  take(key: string): number | undefined;
  /** Whether `take` would be refused now. */
  isUsedUp(key: string): boolean;
}

interface Left {
  readonly count: number;
  readonly atMs: number;
  readonly refused: number;
}

/** Keys that are remembered; of more, the one that was looked at first starts afresh. */
const keysMax = 4096;

export function createAllowance(clock: Clock, { burst, perSecond }: AllowanceLimits): Allowance {
  const keys = new Map<string, Left>();

  function leftOf(key: string): Left {
    const atMs = clock.nowMs();
    const known = keys.get(key);
    if (known === undefined) return { count: burst, atMs, refused: 0 };
    // A clock that was set back gives nothing, and takes nothing.
    const gained = (Math.max(0, atMs - known.atMs) / 1000) * perSecond;
    return { count: Math.min(burst, known.count + gained), atMs, refused: known.refused };
  }

  return {
    take(key) {
      const left = leftOf(key);
      const isGranted = left.count >= 1;
      if (!keys.has(key) && keys.size >= keysMax) keys.delete(keys.keys().next().value as string);
      keys.set(key, { ...left, count: left.count - (isGranted ? 1 : 0), refused: isGranted ? 0 : left.refused + 1 });
      return isGranted ? left.refused : undefined;
    },
    isUsedUp: (key) => leftOf(key).count < 1,
  };
}
