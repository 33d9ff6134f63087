import { isActive, refuse } from '../bft/turn.ts';
import type { Timer } from '../bft/types.ts';
import { changeRound } from './round.ts';
import type { Turn } from './turn.ts';

/** The round took too long (UponRoundTimeout): on to the next one. */
export function uponRoundTimeout(turn: Turn, timer: Extract<Timer, { kind: 'round' }>): void {
  const { state, context } = turn;
  const isCurrent = timer.height === context.height && timer.round === state.round;
  const isOver = state.config.profile === 'strict' && state.phase === 'committed';
  if (!isCurrent || isOver || !isActive(state, context)) {
    refuse(turn, 'STALE_INPUT');
    return;
  }
  changeRound(turn, state.round + 1);
}
