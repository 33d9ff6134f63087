import type { Block } from '@isoquorum/primitives/block';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { isActive, isProposerOf, refuse } from '../bft/turn.ts';
import { proposeBlock, type Turn } from './turn.ts';

/**
 * The node's candidate block is there, with its proposer seal. The proposer proposes it, unless it is locked on another block.
 * The original also proposes while it waits for a round to begin, if it was the proposer of the round before.
 */
export function uponBlockBuilt(turn: Turn, block: Block): void {
  const { state, context } = turn;
  const { config } = state;
  const { number, parentHash } = block.header;
  const strict = config.profile === 'strict';
  if (number !== context.height || (strict && !bytesEqual(parentHash, context.parentHash))) {
    if (number > context.height && !strict) state.futureCandidate = block;
    if (number > context.height) refuse(turn, 'FUTURE_MESSAGE');
    else refuse(turn, 'CANDIDATE_STALE', number < context.height ? 'old message' : undefined);
    return;
  }
  state.candidate = block;
  state.building = false;
  if (state.phase !== 'acceptRequest') return;
  if (!strict) {
    if (isProposerOf(context, state.begunRound, config.address)) proposeBlock(turn, block);
    return;
  }
  if (!isActive(state, context)) {
    refuse(turn, 'NOT_VALIDATOR');
    return;
  }
  const isFree = !state.waiting && state.proposed === undefined && state.pending === undefined;
  if (isFree && isProposerOf(context, state.round, config.address)) proposeBlock(turn, state.lock?.block ?? block);
}
