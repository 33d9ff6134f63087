import { setRoundTimer, timerMsMax } from '../bft/turn.ts';
import type { BftHeightContext } from '../bft/types.ts';
import type { Turn } from './turn.ts';

/** How long a round may last: base · 2^round, capped (goquorum.md 9.6). Milliseconds. */
export function roundTimeoutMs(context: BftHeightContext, round: number): number {
  const { requestTimeoutMs, requestTimeoutMsMax } = context;
  const doubled = requestTimeoutMs * 2 ** Math.min(round, 64);
  const capped = requestTimeoutMsMax > 0 ? Math.min(doubled, Math.max(requestTimeoutMsMax, requestTimeoutMs)) : doubled;
  return Math.min(capped, timerMsMax);
}

/** (Re)starts the timer of the current round; it waits `waitMs` longer. */
export function startRoundTimer(turn: Turn, waitMs = 0): void {
  setRoundTimer(turn, roundTimeoutMs(turn.context, turn.state.round) + waitMs);
}
