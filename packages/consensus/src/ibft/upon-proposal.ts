import type { Address } from '@isoquorum/primitives/bytes';
import { blockHash } from '@isoquorum/primitives/block';
import type { Header } from '@isoquorum/primitives/header';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { accuse, isProposerOf, refuse } from '../bft/turn.ts';
import type { BlockVerdict } from '../bft/types.ts';
import { repostBacklog } from './check-message.ts';
import { ibftExtraOf } from './header.ts';
import { lockProposal, rememberAccepted } from './lock.ts';
import type { IbftProposalMessage } from './message.ts';
import { askForRound } from './round.ts';
import { proposalOf, type Turn, vote } from './turn.ts';
import type { PendingProposal } from './types.ts';

function hasIbftExtra(header: Header): boolean {
  try {
    ibftExtraOf(header);
    return true;
  } catch {
    return false;
  }
}

/** Strict: one proposal in a round, of this height, that agrees with what was signed before a restart. */
function isWorthVerifying(turn: Turn, message: IbftProposalMessage, signer: Address): boolean {
  const { state, context } = turn;
  const digest = blockHash(message.block);
  const earlier = state.pending?.proposal ?? (state.phase === 'acceptRequest' ? undefined : state.proposal);
  if (earlier !== undefined) {
    if (bytesEqual(earlier.digest, digest)) refuse(turn, 'DUPLICATE_MESSAGE');
    else accuse(turn, signer, 'EQUIVOCATION', [message]);
    return false;
  }
  const isIbft = hasIbftExtra(message.block.header);
  if (!isIbft || message.block.header.number !== context.height) {
    const text = isIbft ? 'proposed block is of another height' : 'invalid extra data format';
    accuse(turn, signer, 'PROPOSAL_INVALID', [message], text);
    askForRound(turn, state.round + 1);
    return false;
  }
  if (state.prepareDigest !== undefined && !bytesEqual(state.prepareDigest, digest)) {
    refuse(turn, 'ALREADY_SIGNED');
    return false;
  }
  return true;
}

/** A PRE-PREPARE for the current view: check who it is from, then verify its block. */
export function uponProposal(turn: Turn, message: IbftProposalMessage, signer: Address): void {
  const { state, context, effects } = turn;
  const strict = state.config.profile === 'strict';
  if (!isProposerOf(context, state.round, signer)) {
    accuse(turn, signer, 'NOT_PROPOSER', [message]);
    return;
  }
  if (strict && !isWorthVerifying(turn, message, signer)) return;
  const proposal = proposalOf(message.block, signer);
  state.pending = { proposal, message };
  effects.push({ type: 'verifyBlock', height: context.height, digest: proposal.digest, block: message.block });
}

/** A valid proposal of another block than the locked one. */
function declineForLock(turn: Turn, pending: PendingProposal): void {
  const { state } = turn;
  if (state.config.profile === 'goquorum') {
    askForRound(turn, state.round + 1);
    return;
  }
  // Strict stays without a vote: if a quorum of others prepares the block, the lock moves to it in this very round.
  state.proposal = pending.proposal;
  state.phase = 'preprepared';
  repostBacklog(turn);
}

/** The proposal is a valid block. */
function accept(turn: Turn, pending: PendingProposal): void {
  const { state } = turn;
  const { proposal } = pending;
  const { lock } = state;
  rememberAccepted(turn, proposal);
  if (lock !== undefined && !bytesEqual(lock.digest, proposal.digest)) {
    declineForLock(turn, pending);
    return;
  }
  state.proposal = proposal;
  if (lock === undefined || state.config.profile === 'strict') {
    // Strict, who is locked on the block too: a COMMIT moves the lock to this round, and must have a quorum of this round to show for it.
    state.phase = 'preprepared';
    vote(turn, 'prepare', proposal.digest);
  } else {
    // The original: who is locked on the block commits to it at once.
    state.phase = 'prepared';
    lockProposal(turn, proposal, lock.votes);
    vote(turn, 'commit', proposal.digest);
  }
  repostBacklog(turn);
}

/** The answer to verifyBlock. An invalid proposal ends the round at once. */
export function uponBlockVerified(
  turn: Turn,
  input: { readonly height: number; readonly digest: Uint8Array; readonly verdict: BlockVerdict },
): void {
  const { state, context, effects } = turn;
  const { pending } = state;
  if (pending === undefined || input.height !== context.height || !bytesEqual(pending.proposal.digest, input.digest)) {
    refuse(turn, 'STALE_INPUT');
    return;
  }
  const { verdict } = input;
  const { message, proposal } = pending;
  if (verdict.type === 'future') {
    const timer = { kind: 'proposal', height: context.height, round: state.round, digest: proposal.digest } as const;
    effects.push({ type: 'setTimer', timer, durationMs: Math.max(verdict.retryInMs, 0) });
    refuse(turn, 'PROPOSAL_IN_FUTURE');
    return;
  }
  state.pending = undefined;
  if (verdict.type === 'invalid') {
    accuse(turn, proposal.signer, 'PROPOSAL_INVALID', [message], verdict.reason);
    askForRound(turn, state.round + 1);
    return;
  }
  if (state.phase === 'acceptRequest') accept(turn, pending);
  effects.push({ type: 'relay', message });
}

/** The time of a proposal that was ahead of the clock has come. */
export function uponProposalTimeout(turn: Turn, timer: { readonly height: number; readonly round: number }): void {
  const { state, context, effects } = turn;
  const isCurrent = timer.height === context.height && timer.round === state.round;
  if (!isCurrent || state.pending === undefined) {
    refuse(turn, 'STALE_INPUT');
    return;
  }
  const { block, digest } = state.pending.proposal;
  effects.push({ type: 'verifyBlock', height: context.height, digest, block });
}
