import { bytesEqual } from '@isoquorum/primitives/hex';
import { enterRoundZero, takeFutureCandidate } from '../bft/enter-height.ts';
import { announceRound, isActive, isOwnTurn, requestBlock, waitForBlock } from '../bft/turn.ts';
import type { BftHeightContext } from '../bft/types.ts';
import { repostBacklog } from './check-message.ts';
import { clearRound } from './round.ts';
import { broadcastRoundChange, lockedProposal, proposeBlock, startRoundTimer, type Turn, vote } from './turn.ts';
import type { IbftRecord } from './types.ts';

/** Takes the height of the context, with nothing known of it yet. */
export function enterHeight(turn: Turn, record: IbftRecord | undefined, previous: BftHeightContext | undefined): void {
  const { state } = turn;
  state.previous = previous;
  state.lock = undefined;
  clearRound(state);
  state.begunRound = 0;
  state.waiting = false;
  state.roundChanges = new Map();
  state.lateVotes = [];
  state.accepted = [];
  enterRoundZero(turn, record);
}

/** Goes on where the record says that this node was, and sends again what it had signed in that round. */
export function resume(turn: Turn, record: IbftRecord): void {
  const { state } = turn;
  const { round, waiting, proposed, prepareDigest, commitDigest, lock } = record;
  state.round = round;
  state.waiting = waiting;
  state.begunRound = round;
  state.lock = lock;
  state.proposal = lockedProposal(lock, state.config.address);
  state.prepareDigest = prepareDigest;
  state.commitDigest = commitDigest;
  if (state.proposal !== undefined) state.accepted = [state.proposal];
  announceRound(turn, round > 0);
  if (round > 0) broadcastRoundChange(turn);
  if (proposed !== undefined) proposeBlock(turn, proposed);
  if (prepareDigest !== undefined) vote(turn, 'prepare', prepareDigest);
  if (commitDigest === undefined || lock === undefined || !bytesEqual(lock.digest, commitDigest)) return;
  state.phase = 'prepared';
  vote(turn, 'commit', commitDigest);
}

/** First acts at a height: timer, candidate block, stored messages. */
export function begin(turn: Turn, nowMs: number): void {
  const { state, context } = turn;
  if (state.config.profile === 'goquorum') {
    startRoundTimer(turn);
    requestBlock(turn, true);
    takeFutureCandidate(turn);
  } else {
    if (!isActive(state, context)) return;
    const waitMs = waitForBlock(turn, nowMs);
    if (waitMs !== Number.POSITIVE_INFINITY) startRoundTimer(turn, waitMs);
    const isFree = state.round === 0 && state.proposed === undefined && state.phase === 'acceptRequest';
    if (isFree && isOwnTurn(turn)) requestBlock(turn, true);
  }
  repostBacklog(turn);
}
