import type { PoolErrorCode } from './errors.ts';
import type { SenderQueue } from './sender-queue.ts';

/** Bounds for transactions of peers; local ones are exempt. */
export interface PoolLimits {
  /** Executable transactions over all senders. */
  readonly globalSlots: number;
  /** Transactions behind a gap, over all senders. */
  readonly globalQueue: number;
  /** Transactions behind a gap of one sender. */
  readonly accountQueue: number;
  /** How much more a replacement must pay. */
  readonly priceBumpPercent: number;
}

/** A question about one more transaction of a peer. */
export interface LimitQuestion {
  readonly queue: SenderQueue;
  readonly nonce: number;
  readonly pendingTotal: number;
  readonly total: number;
}

const defaults: PoolLimits = { globalSlots: 16_384, globalQueue: 4_096, accountQueue: 1_024, priceBumpPercent: 10 };

export function createPoolLimits(
  overrides: Partial<PoolLimits> = {},
): PoolLimits & { refusal(question: LimitQuestion): PoolErrorCode | undefined } {
  const limits = { ...defaults, ...overrides };
  return {
    ...limits,
    refusal({ queue, nonce, pendingTotal, total }) {
      if (nonce === queue.nextNonce) return pendingTotal >= limits.globalSlots ? 'POOL_FULL' : undefined;
      if (queue.queuedCount >= limits.accountQueue) return 'POOL_FULL';
      return total - pendingTotal >= limits.globalQueue ? 'POOL_FULL' : undefined;
    },
  };
}
