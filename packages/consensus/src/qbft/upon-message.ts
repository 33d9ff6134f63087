import { bytesEqual } from '@isoquorum/primitives/hex';
import { keepForLater } from '../bft/backlog.ts';
import { isActive, isValidatorOf, refuse } from '../bft/turn.ts';
import { answerLate, noteHigherView, rememberOwn } from '../bft/upon-peer.ts';
import { messageTiming } from './check-message.ts';
import type { QbftMessage } from './message.ts';
import { qbftSigner } from './signing.ts';
import type { Turn } from './turn.ts';
import type { QbftState } from './types.ts';
import { uponCommit } from './upon-commit.ts';
import { uponPrepare } from './upon-prepare.ts';
import { uponProposal } from './upon-proposal.ts';
import { uponRoundChange } from './upon-round-change.ts';

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
    refuse(turn, signer === undefined ? 'SIGNATURE_INVALID' : 'SIGNER_UNKNOWN');
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
