import type { QbftHeightContext } from './types.ts';
import type { Turn } from './turn.ts';

/** Longest timer that every platform can run: 2^31 - 1 ms. */
const timerMsMax = 0x7fffffff;

/** How long a round may last: base · 2^round, capped (goquorum.md 9.6). Milliseconds. */
export function roundTimeoutMs(context: QbftHeightContext, round: number): number {
  const { requestTimeoutMs, requestTimeoutMsMax } = context;
  const doubled = requestTimeoutMs * 2 ** Math.min(round, 64);
  const capped = requestTimeoutMsMax > 0 ? Math.min(doubled, Math.max(requestTimeoutMsMax, requestTimeoutMs)) : doubled;
  return Math.min(capped, timerMsMax);
}

/** (Re)starts the timer of the current round; it waits `waitMs` longer. */
export function startRoundTimer(turn: Turn, waitMs = 0): void {
  const { state, context } = turn;
  const durationMs = Math.min(roundTimeoutMs(context, state.round) + waitMs, timerMsMax);
  const timer = { kind: 'round', height: context.height, round: state.round } as const;
  turn.effects.push({ type: 'setTimer', timer, durationMs });
}

/** Milliseconds (Unix time) at which the next block is due at the earliest, and at the latest if it is empty. */
export function blockDueMs(context: QbftHeightContext): { readonly dueMs: number; readonly emptyDueMs: number } {
  const parentMs = Number(context.parent.timestamp) * 1000;
  const dueMs = parentMs + context.blockPeriodSeconds * 1000;
  return { dueMs, emptyDueMs: Math.max(dueMs, parentMs + context.emptyBlockPeriodSeconds * 1000) };
}
