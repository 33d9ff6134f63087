import type { Address } from '@isoquorum/primitives/bytes';
import type { BftMessage, BftMessageType, BftRecord } from './types.ts';
import { type BftTurn, isProposerOf, signerKey, withEntry } from './turn.ts';
import { compareViews } from './views.ts';

/** Most messages kept per signer and kind. PRE-PREPAREs and ROUND-CHANGEs carry blocks. */
const keptMax = { prePrepare: 2, prepare: 16, commit: 16, roundChange: 2 } as const;
/** Messages for heights further ahead are not kept: the chain will be synced there first. */
const heightsAheadMax = 2;

const rank: Record<BftMessageType, number> = { prePrepare: 0, prepare: 1, commit: 2, roundChange: 3 };

function compareMessages(left: BftMessage, right: BftMessage): number {
  return compareViews(left, right) || rank[left.type] - rank[right.type];
}

/**
 * Keeps a message for later. Bounded per signer: of each kind the nearest views are kept, one per view. A PRE-PREPARE for
 * this height is kept only if its signer is the proposer of its round.
 * @returns false when it was kept already or is not worth keeping
 */
export function keepForLater<M extends BftMessage, U, R extends BftRecord>(
  turn: BftTurn<M, U, R>,
  message: M,
  signer: Address,
): boolean {
  const { state, context } = turn;
  if (message.height - context.height > heightsAheadMax) return false;
  const isProposal = message.type === 'prePrepare' && message.height === context.height;
  if (isProposal && !isProposerOf(context, message.round, signer)) return false;
  const key = signerKey(signer);
  const kept = state.backlog.get(key) ?? [];
  const alike = kept.filter((other) => other.type === message.type);
  if (alike.some((other) => compareViews(other, message) === 0)) return false;
  const nearest = [...alike, message].sort(compareMessages).slice(0, keptMax[message.type]);
  if (!nearest.includes(message)) return false;
  const others = kept.filter((other) => other.type !== message.type);
  state.backlog = withEntry(state.backlog, key, [...others, ...nearest]);
  return true;
}

/** Posts the stored messages whose time has come, in the order of their views, and forgets those that are over. */
export function repostDue<M extends BftMessage, U, R extends BftRecord>(
  turn: BftTurn<M, U, R>,
  timingOf: (message: M) => string,
): void {
  const { state } = turn;
  if (state.backlog.size === 0) return;
  const due: M[] = [];
  const backlog = new Map<string, readonly M[]>();
  for (const [key, messages] of state.backlog) {
    const later: M[] = [];
    for (const message of messages) {
      const timing = timingOf(message);
      if (timing === 'FUTURE_MESSAGE') later.push(message);
      else if (timing === 'now') due.push(message);
    }
    if (later.length > 0) backlog.set(key, later);
  }
  state.backlog = backlog;
  for (const message of due.sort(compareMessages))
    turn.effects.push({ type: 'repost', input: { type: 'message', message } });
}

/** Forgets what signers said that are no validators any more. */
export function forgetStrangers<M extends BftMessage, U, R extends BftRecord>(turn: BftTurn<M, U, R>): void {
  const { state, context } = turn;
  const keys = new Set(context.validators.map(signerKey));
  state.backlog = new Map([...state.backlog].filter(([key]) => keys.has(key)));
  state.syncHeights = new Map([...state.syncHeights].filter(([key]) => keys.has(key)));
}
