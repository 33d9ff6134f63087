import { repostDue } from '../bft/backlog.ts';
import type { BftRefusalCode } from '../bft/refusal.ts';
import type { BftHeightContext, BftPhase } from '../bft/types.ts';
import { compareViews, type View } from '../bft/views.ts';
import type { QbftMessage } from './message.ts';
import type { Turn } from './turn.ts';
import type { QbftState } from './types.ts';

/** What may be said about a message from its view and kind alone (goquorum.md 9.6, checkMessage). */
export type MessageTiming = 'now' | Extract<BftRefusalCode, 'FUTURE_MESSAGE' | 'OLD_MESSAGE' | 'INVALID_MESSAGE'>;

function timingInPhase(
  type: Exclude<QbftMessage['type'], 'roundChange'>,
  phase: BftPhase,
  strict: boolean,
): MessageTiming {
  switch (phase) {
    case 'acceptRequest':
      return type === 'prePrepare' ? 'now' : 'FUTURE_MESSAGE';
    case 'preprepared':
      if (type === 'prePrepare') return 'INVALID_MESSAGE';
      // A quorum of COMMITs decides, whether or not this node saw a quorum of PREPAREs (formal specification).
      return type === 'prepare' || strict ? 'now' : 'FUTURE_MESSAGE';
    case 'prepared':
      return type === 'commit' ? 'now' : 'INVALID_MESSAGE';
    case 'committed':
      return 'INVALID_MESSAGE';
  }
}

/** Whether a message can be looked at now, later or no more. */
export function messageTiming(
  message: { readonly type: QbftMessage['type'] } & View,
  state: QbftState,
  context: BftHeightContext,
): MessageTiming {
  const view = { height: context.height, round: state.round };
  const order = compareViews(message, view);
  if (message.type === 'roundChange') {
    if (message.height > view.height) return 'FUTURE_MESSAGE';
    return order < 0 ? 'OLD_MESSAGE' : 'now';
  }
  if (order > 0) return 'FUTURE_MESSAGE';
  if (order < 0) return 'OLD_MESSAGE';
  return timingInPhase(message.type, state.phase, state.config.profile === 'strict');
}

/** Posts the stored messages whose time has come. */
export function repostBacklog(turn: Turn): void {
  repostDue(turn, (message) => messageTiming(message, turn.state, turn.context));
}
