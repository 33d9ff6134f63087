import { repostDue } from '../bft/backlog.ts';
import type { BftHeightContext } from '../bft/types.ts';
import { compareViews } from '../bft/views.ts';
import type { IbftMessage } from './message.ts';
import type { Turn } from './turn.ts';
import type { IbftState } from './types.ts';

/** What may be said about a message from its view and kind alone (goquorum.md 9.4). */
type MessageTiming = 'now' | 'FUTURE_MESSAGE' | 'OLD_MESSAGE';

/** Whether a message can be looked at now, later or no more. */
export function messageTiming(
  message: Pick<IbftMessage, 'type' | 'height' | 'round'>,
  state: IbftState,
  context: BftHeightContext,
): MessageTiming {
  const order = compareViews(message, { height: context.height, round: state.round });
  if (message.type === 'roundChange') {
    if (message.height > context.height) return 'FUTURE_MESSAGE';
    return order < 0 ? 'OLD_MESSAGE' : 'now';
  }
  if (order < 0) return 'OLD_MESSAGE';
  if (order > 0 || state.waiting) return 'FUTURE_MESSAGE';
  return state.phase === 'acceptRequest' && message.type !== 'prePrepare' ? 'FUTURE_MESSAGE' : 'now';
}

/** Posts the stored messages whose time has come. */
export function repostBacklog(turn: Turn): void {
  repostDue(turn, (message) => messageTiming(message, turn.state, turn.context));
}
