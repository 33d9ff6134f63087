import type { Address } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { type BftTurn, isValidatorOf, signerKey, withEntry } from './turn.ts';
import type { BftMessage, BftRecord } from './types.ts';
import { compareViews } from './views.ts';

/** A validator speaks of a height above ours: the chain must be behind. */
export function noteHigherView<M extends BftMessage, U, R extends BftRecord>(
  turn: BftTurn<M, U, R>,
  message: M,
  signer: Address,
): void {
  const { state, context, effects } = turn;
  const height = message.height - 1;
  const key = signerKey(signer);
  // Of each validator by itself: what one makes up must not hide what the others say.
  if (height < context.height || height <= (state.syncHeights.get(key) ?? 0)) return;
  state.syncHeights = withEntry(state.syncHeights, key, height);
  effects.push({ type: 'requestSync', from: signer, height });
}

/** Helps a validator that speaks of a round or height that is over here: it has missed messages or blocks. */
export function answerLate<M extends BftMessage, U, R extends BftRecord>(
  turn: BftTurn<M, U, R>,
  message: M,
  signer: Address,
): void {
  const { state, context, effects } = turn;
  if (state.config.profile === 'goquorum' || message.type !== 'roundChange') return;
  if (bytesEqual(signer, state.config.address)) return;
  if (message.height < context.height) effects.push({ type: 'announceHead', to: signer });
  else if (state.ownMessages.length > 0) effects.push({ type: 'sendTo', to: signer, messages: state.ownMessages });
}

/** Own messages of the current view are kept, to be sent again to who missed them. */
export function rememberOwn<M extends BftMessage, U, R extends BftRecord>(
  turn: BftTurn<M, U, R>,
  message: M,
  signer: Address | undefined,
): void {
  const { state, context } = turn;
  if (signer === undefined || !bytesEqual(signer, state.config.address)) return;
  if (compareViews(message, { height: context.height, round: state.round }) !== 0) return;
  if (state.ownMessages.some((other) => other.type === message.type)) return;
  state.ownMessages = [...state.ownMessages, message];
}

/** A validator is connected again: it gets what this node said in this round. */
export function uponPeerConnected<M extends BftMessage, U, R extends BftRecord>(
  turn: BftTurn<M, U, R>,
  address: Address,
): void {
  const { state, context, effects } = turn;
  if (bytesEqual(address, state.config.address) || !isValidatorOf(context, address)) return;
  if (state.ownMessages.length > 0) effects.push({ type: 'sendTo', to: address, messages: state.ownMessages });
}
