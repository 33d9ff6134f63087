import type { Address } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { compareViews, messageTiming } from './check-message.ts';
import { QBFT_CODE, type QbftMessage } from './message.ts';
import { isValidatorOf, proposerAt, signerKey, type Turn, withEntry } from './turn.ts';

/** Most messages kept per signer and kind. PRE-PREPAREs and ROUND-CHANGEs carry blocks. */
const keptMax = { prePrepare: 2, prepare: 16, commit: 16, roundChange: 2 } as const;
/** Messages for heights further ahead are not kept: the chain will be synced there first. */
const heightsAheadMax = 2;

function compareMessages(left: QbftMessage, right: QbftMessage): number {
  return compareViews(left, right) || QBFT_CODE[left.type] - QBFT_CODE[right.type];
}

/**
 * Keeps a message for later. Bounded per signer: of each kind the nearest views are kept, one per view. A PRE-PREPARE for
 * this height is kept only if its signer is the proposer of its round.
 * @returns false when it was kept already or is not worth keeping
 */
export function keepForLater(turn: Turn, message: QbftMessage, signer: Address): boolean {
  const { state, context } = turn;
  if (message.height - context.height > heightsAheadMax) return false;
  if (message.type === 'prePrepare' && message.height === context.height) {
    const proposer = proposerAt(context, message.round);
    if (proposer === undefined || !bytesEqual(proposer, signer)) return false;
  }
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
export function repostBacklog(turn: Turn): void {
  const { state, context } = turn;
  if (state.backlog.size === 0) return;
  const due: QbftMessage[] = [];
  const backlog = new Map<string, readonly QbftMessage[]>();
  for (const [key, messages] of state.backlog) {
    const later: QbftMessage[] = [];
    for (const message of messages) {
      const timing = messageTiming(message, state, context);
      if (timing === 'FUTURE_MESSAGE') later.push(message);
      else if (timing === 'now') due.push(message);
    }
    if (later.length > 0) backlog.set(key, later);
  }
  state.backlog = backlog;
  for (const message of due.sort(compareMessages))
    turn.effects.push({ type: 'repost', input: { type: 'message', message } });
}

/** Forgets messages of signers that are no validators any more. */
export function pruneBacklog(turn: Turn): void {
  const { state, context } = turn;
  const keys = new Set(context.validators.map(signerKey));
  state.backlog = new Map([...state.backlog].filter(([key]) => keys.has(key)));
}

/** True when messages of the address may be kept at all. */
export function mayKeep(turn: Turn, signer: Address): boolean {
  return isValidatorOf(turn.context, signer);
}
