import type { Block } from '@isoquorum/primitives/block';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { isActive, isOwnTurn, refuse } from '../bft/turn.ts';
import { propose, proposeIfJustified } from './propose.ts';
import { startRoundTimer } from './round-timer.ts';
import type { Turn } from './turn.ts';

/** The original: any candidate (re)starts the timer, and is proposed at once in any round. */
function uponRequest(turn: Turn, block: Block): void {
  const { state } = turn;
  state.candidate = block;
  if (state.phase !== 'acceptRequest') return;
  startRoundTimer(turn);
  if (isOwnTurn(turn)) propose(turn, block, [], []);
}

/**
 * The node's candidate block is there (UponBlockTimeout: the block's time has come). The proposer of round 0 proposes it;
 * in a later round it is only proposed with a justification (goquorum.md 14.18), else it waits for one.
 */
export function uponBlockBuilt(turn: Turn, block: Block): void {
  const { state, context } = turn;
  const { number, parentHash } = block.header;
  const goquorum = state.config.profile === 'goquorum';
  if (number > context.height && goquorum) state.futureCandidate = block;
  if (number !== context.height || (!goquorum && !bytesEqual(parentHash, context.parentHash))) {
    if (number > context.height) refuse(turn, 'FUTURE_MESSAGE');
    else refuse(turn, 'CANDIDATE_STALE', number < context.height ? 'old message' : undefined);
    return;
  }
  if (!isActive(state, context)) {
    refuse(turn, 'NOT_VALIDATOR');
    return;
  }
  state.building = false;
  if (goquorum) {
    uponRequest(turn, block);
    return;
  }
  state.candidate = block;
  if (state.round > 0) proposeIfJustified(turn);
  else if (isOwnTurn(turn) && state.phase === 'acceptRequest' && state.proposed === undefined)
    propose(turn, block, [], []);
}
