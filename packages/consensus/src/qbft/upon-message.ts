import type { Address } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { keepForLater } from './backlog.ts';
import { compareViews, messageTiming } from './check-message.ts';
import type { QbftMessage } from './message.ts';
import { qbftSigner } from './signing.ts';
import { isActive, isValidatorOf, refuse, type Turn } from './turn.ts';
import type { QbftState } from './types.ts';
import { uponCommit } from './upon-commit.ts';
import { uponPrepare } from './upon-prepare.ts';
import { uponProposal } from './upon-proposal.ts';
import { uponRoundChange } from './upon-round-change.ts';

/** A validator speaks of a height above ours: the chain must be behind. */
function noteHigherView(turn: Turn, message: QbftMessage, signer: Address): void {
  const { state, effects } = turn;
  const height = message.height - 1;
  if (height < turn.context.height || height <= state.syncHeight) return;
  state.syncHeight = height;
  effects.push({ type: 'requestSync', from: signer, height });
}

/** Helps a validator that asks for a round or height that is over here: it has missed messages or blocks. */
function answerLate(turn: Turn, message: QbftMessage, signer: Address): void {
  const { state, context, effects } = turn;
  if (state.config.profile === 'goquorum' || message.type !== 'roundChange') return;
  if (bytesEqual(signer, state.config.address)) return;
  if (message.height < context.height) effects.push({ type: 'announceHead', to: signer });
  else if (state.ownMessages.length > 0) effects.push({ type: 'sendTo', to: signer, messages: state.ownMessages });
}

/** Own messages of the current view are kept, to be sent again to who missed them. */
function rememberOwn(turn: Turn, message: QbftMessage, signer: Address | undefined): void {
  const { state, context } = turn;
  if (signer === undefined || !bytesEqual(signer, state.config.address)) return;
  if (compareViews(message, { height: context.height, round: state.round }) !== 0) return;
  if (state.ownMessages.some((other) => other.type === message.type)) return;
  state.ownMessages = [...state.ownMessages, message];
}

/** True for a PREPARE or COMMIT that this node may have signed in this round: it comes back after the phase is over. */
function isSignedHere(state: QbftState, message: QbftMessage): boolean {
  if (message.type !== 'prepare' && message.type !== 'commit') return false;
  const signed = message.type === 'prepare' ? state.prepareDigest : state.commitDigest;
  return (
    message.round === state.round &&
    signed !== undefined &&
    bytesEqual(signed, message.digest) &&
    !state.ownMessages.some((other) => other.type === message.type)
  );
}

/** Any message: cheap checks, then its signer, then the predicate of its kind. */
export function uponMessage(turn: Turn, message: QbftMessage): void {
  const { state, context } = turn;
  const strict = state.config.profile === 'strict';
  const timing = messageTiming(message, state, context);
  // Strict saves the recovery of a signer for messages that are of no use, but for ROUND-CHANGEs, which may be answered.
  if (strict && (timing === 'OLD_MESSAGE' || timing === 'INVALID_MESSAGE') && message.type !== 'roundChange') {
    if (isSignedHere(state, message)) rememberOwn(turn, message, qbftSigner(message, state.config.recover));
    refuse(turn, timing);
    return;
  }
  const signer = qbftSigner(message, state.config.recover);
  if (signer === undefined || !isValidatorOf(context, signer)) {
    refuse(turn, 'SIGNER_UNKNOWN');
    return;
  }
  if (timing === 'FUTURE_MESSAGE') {
    noteHigherView(turn, message, signer);
    refuse(turn, keepForLater(turn, message, signer) || !strict ? timing : 'DUPLICATE_MESSAGE');
    return;
  }
  if (timing !== 'now') {
    answerLate(turn, message, signer);
    refuse(turn, timing);
    return;
  }
  if (!isActive(state, context)) {
    refuse(turn, 'NOT_VALIDATOR');
    return;
  }
  rememberOwn(turn, message, signer);
  switch (message.type) {
    case 'prePrepare':
      uponProposal(turn, message, signer);
      break;
    case 'prepare':
      uponPrepare(turn, message, signer);
      break;
    case 'commit':
      uponCommit(turn, message, signer);
      break;
    case 'roundChange':
      uponRoundChange(turn, message, signer);
  }
}

/** A validator is connected again: it gets what this node said in this round. */
export function uponPeerConnected(turn: Turn, address: Address): void {
  const { state, context, effects } = turn;
  if (bytesEqual(address, state.config.address) || !isValidatorOf(context, address)) return;
  if (state.ownMessages.length > 0) effects.push({ type: 'sendTo', to: address, messages: state.ownMessages });
}
