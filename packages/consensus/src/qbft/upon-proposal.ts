import type { Address } from '@isoquorum/primitives/bytes';
import { blockHash } from '@isoquorum/primitives/block';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { accuse, proposerAt, refuse } from '../bft/turn.ts';
import type { BlockVerdict } from '../bft/types.ts';
import { repostBacklog } from './check-message.ts';
import { areSignedByValidators, justificationFlaw } from './justification.ts';
import type { PrePrepareMessage } from './message.ts';
import { changeRound } from './round.ts';
import { startRoundTimer } from './round-timer.ts';
import { broadcastOnceDurable, sealDigestOf, type Turn } from './turn.ts';

/** A PRE-PREPARE for the current view, in phase acceptRequest (UponProposal, first half): check it, then verify its block. */
export function uponProposal(turn: Turn, message: PrePrepareMessage, signer: Address): void {
  const { state, context, effects } = turn;
  const { config, round } = state;
  const proposer = proposerAt(context, round);
  if (proposer === undefined || !bytesEqual(proposer, signer)) {
    accuse(turn, signer, 'NOT_PROPOSER', [message]);
    return;
  }
  const digest = blockHash(message.block);
  if (state.proposal !== undefined && state.verifying) {
    if (bytesEqual(state.proposal.digest, digest)) refuse(turn, 'DUPLICATE_MESSAGE');
    else accuse(turn, signer, 'EQUIVOCATION', [message]);
    return;
  }
  if (round > 0) {
    const { roundChanges, prepares } = message;
    const flaw = areSignedByValidators(roundChanges, config, context)
      ? justificationFlaw({ round, digest, roundChanges, prepares }, config, context)
      : 'message not signed by the sender';
    if (flaw !== undefined) {
      accuse(turn, signer, 'NOT_JUSTIFIED', [message]);
      return;
    }
  }
  const sealDigest = sealDigestOf(message.block, round);
  if (sealDigest === undefined || message.block.header.number !== context.height) {
    const text = sealDigest === undefined ? 'invalid extra data format' : 'proposed block is of another height';
    accuse(turn, signer, 'PROPOSAL_INVALID', [message], text);
    changeRound(turn, round + 1);
    return;
  }
  if (state.prepareDigest !== undefined && !bytesEqual(state.prepareDigest, digest)) {
    refuse(turn, 'ALREADY_SIGNED');
    return;
  }
  state.proposal = { block: message.block, digest, sealDigest, signer };
  state.proposalMessage = message;
  state.verifying = true;
  effects.push({ type: 'verifyBlock', height: context.height, digest, block: message.block });
}

/** The proposal is a valid block: accept it (UponProposal, second half). */
function accept(turn: Turn): void {
  const { state, context, effects } = turn;
  if (state.proposal === undefined) return;
  const { digest } = state.proposal;
  state.phase = 'preprepared';
  state.prepareDigest = digest;
  startRoundTimer(turn);
  broadcastOnceDurable(turn, { type: 'prepare', height: context.height, round: state.round, digest });
  if (state.proposalMessage !== undefined) effects.push({ type: 'relay', message: state.proposalMessage });
  repostBacklog(turn);
}

/** The answer to verifyBlock. An invalid proposal ends the round at once. */
export function uponBlockVerified(
  turn: Turn,
  input: { readonly height: number; readonly digest: Uint8Array; readonly verdict: BlockVerdict },
): void {
  const { state, context, effects } = turn;
  const { proposal, proposalMessage } = state;
  if (
    !state.verifying ||
    proposal === undefined ||
    input.height !== context.height ||
    !bytesEqual(proposal.digest, input.digest)
  ) {
    refuse(turn, 'STALE_INPUT');
    return;
  }
  const { verdict } = input;
  if (verdict.type === 'future') {
    const timer = { kind: 'proposal', height: context.height, round: state.round, digest: proposal.digest } as const;
    effects.push({ type: 'setTimer', timer, durationMs: Math.max(verdict.retryInMs, 0) });
    refuse(turn, 'PROPOSAL_IN_FUTURE');
    return;
  }
  state.verifying = false;
  if (verdict.type === 'valid') {
    accept(turn);
    return;
  }
  const evidence = proposalMessage === undefined ? [] : [proposalMessage];
  accuse(turn, proposal.signer, 'PROPOSAL_INVALID', evidence, verdict.reason);
  changeRound(turn, state.round + 1);
}

/** The time of a proposal that was ahead of the clock has come. */
export function uponProposalTimeout(turn: Turn, timer: { readonly height: number; readonly round: number }): void {
  const { state, context, effects } = turn;
  const { proposal } = state;
  const isCurrent = timer.height === context.height && timer.round === state.round;
  if (!isCurrent || !state.verifying || proposal === undefined) {
    refuse(turn, 'STALE_INPUT');
    return;
  }
  effects.push({ type: 'verifyBlock', height: context.height, digest: proposal.digest, block: proposal.block });
}
