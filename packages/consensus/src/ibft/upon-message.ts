import type { Address } from '@isoquorum/primitives/bytes';
import { blockHash } from '@isoquorum/primitives/block';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { keepForLater } from '../bft/backlog.ts';
import { isActive, isProposerOf, isValidatorOf, refuse } from '../bft/turn.ts';
import { answerLate, noteHigherView, rememberOwn } from '../bft/upon-peer.ts';
import { messageTiming } from './check-message.ts';
import type { IbftMessage } from './message.ts';
import { ibftSigner } from './signing.ts';
import type { Turn } from './turn.ts';
import { uponProposal } from './upon-proposal.ts';
import { uponRoundChange } from './upon-round-change.ts';
import { uponLateVote, uponVote } from './upon-vote.ts';

/** The signer, if it is a validator and the one that the message names; refuses the input otherwise. */
function checkedSigner(turn: Turn, message: IbftMessage): Address | undefined {
  const { state, context } = turn;
  // A stranger by its own word costs no recovery.
  const isClaimValid = state.config.profile === 'goquorum' || isValidatorOf(context, message.sender);
  const signer = isClaimValid ? ibftSigner(message, state.config.recover) : undefined;
  if (signer === undefined || !isValidatorOf(context, signer)) {
    const isUnsigned = isClaimValid && signer === undefined;
    refuse(turn, isUnsigned ? 'SIGNATURE_INVALID' : 'SIGNER_UNKNOWN', 'unauthorized address');
    return undefined;
  }
  if (!bytesEqual(signer, message.sender)) {
    refuse(turn, 'SIGNER_UNKNOWN');
    return undefined;
  }
  return signer;
}

/** Strict: a vote at this height in a round after that of the lock (others say nothing new). */
function isLateVoteOfUse({ state, context }: Turn, message: IbftMessage): boolean {
  if (message.type !== 'prepare' && message.type !== 'commit') return false;
  return message.height === context.height && message.round > (state.lock?.round ?? -1);
}

/** The original: who proposes a block that is final here gets a COMMIT for it; true when that happened. */
function commitForStraggler(turn: Turn, message: IbftMessage, signer: Address): boolean {
  const { state, context, effects } = turn;
  const { previous, config } = state;
  if (config.profile === 'strict' || message.type !== 'prePrepare' || previous === undefined) return false;
  const digest = blockHash(message.block);
  if (message.height !== previous.height || !isProposerOf(previous, message.round, signer)) return false;
  if (!bytesEqual(digest, context.parentHash)) return false;
  const { height, round } = message;
  const sealDigest = state.proposal?.sealDigest;
  effects.push({
    type: 'broadcast',
    message: { type: 'commit', height, round, sender: config.address, digest, sealDigest },
  });
  return true;
}

/** A message whose view is over. */
function uponOldMessage(turn: Turn, message: IbftMessage): void {
  const { state } = turn;
  const strict = state.config.profile === 'strict';
  const isLate = isLateVoteOfUse(turn, message);
  // Strict saves the recovery of a signer for messages that are of no use.
  if (strict && !isLate && message.type !== 'roundChange') {
    refuse(turn, 'OLD_MESSAGE');
    return;
  }
  const signer = checkedSigner(turn, message);
  if (signer === undefined) return;
  if (strict && isLate && message.type !== 'prePrepare' && message.type !== 'roundChange') {
    uponLateVote(turn, message);
    return;
  }
  if (commitForStraggler(turn, message, signer)) return;
  answerLate(turn, message, signer);
  refuse(turn, 'OLD_MESSAGE');
}

/** Any message: cheap checks, then its signer, then what its kind asks for. */
export function uponMessage(turn: Turn, message: IbftMessage): void {
  const { state, context } = turn;
  const timing = messageTiming(message, state, context);
  if (timing === 'OLD_MESSAGE') {
    uponOldMessage(turn, message);
    return;
  }
  const signer = checkedSigner(turn, message);
  if (signer === undefined) return;
  if (timing === 'FUTURE_MESSAGE') {
    rememberOwn(turn, message, signer);
    noteHigherView(turn, message, signer);
    const isKept = keepForLater(turn, message, signer);
    refuse(turn, isKept || state.config.profile === 'goquorum' ? timing : 'DUPLICATE_MESSAGE');
    return;
  }
  if (state.config.profile === 'strict' && !isActive(state, context)) {
    refuse(turn, 'NOT_VALIDATOR');
    return;
  }
  rememberOwn(turn, message, signer);
  if (message.type === 'prePrepare') uponProposal(turn, message, signer);
  else if (message.type === 'roundChange') uponRoundChange(turn, message, signer);
  else uponVote(turn, message, signer);
}
