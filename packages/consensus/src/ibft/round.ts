import type { Block } from '@isoquorum/primitives/block';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { announceRound, isProposerOf, requestBlock } from '../bft/turn.ts';
import { repostBacklog } from './check-message.ts';
import { followQuorum, keepLateVotes } from './lock.ts';
import {
  broadcastRoundChange,
  type DraftState,
  lockedProposal,
  proposeBlock,
  startRoundTimer,
  type Turn,
} from './turn.ts';

/** Forgets everything that belongs to one round; the lock stays. */
export function clearRound(state: DraftState): void {
  state.pending = undefined;
  state.proposal = lockedProposal(state.lock, state.config.address);
  state.prepares = new Map();
  state.commits = new Map();
  state.proposed = undefined;
  state.prepareDigest = undefined;
  state.commitDigest = undefined;
}

/** Strict: what was said in the round that ends may still complete a quorum, which moves locks. */
function leaveRound(turn: Turn): void {
  const { state } = turn;
  if (state.config.profile === 'goquorum') return;
  keepLateVotes(turn, [...state.prepares.values(), ...state.commits.values()]);
  followQuorum(turn);
  state.phase = 'acceptRequest';
}

/**
 * Strict: shows the others why the lock is where it is, even those that had it before: who was restarted has forgotten it. Nodes of the
 * original ignore these as old.
 */
function showLock(turn: Turn): void {
  const { state, context, effects } = turn;
  if (state.config.profile === 'goquorum' || state.lock === undefined) return;
  const messages = state.lock.votes;
  for (const to of context.validators)
    if (!bytesEqual(to, state.config.address)) effects.push({ type: 'sendTo', to, messages });
}

/** Leaves for a later round and asks the others to come along; the round begins when a quorum asks for it. */
export function askForRound(turn: Turn, round: number): void {
  const { state, effects } = turn;
  if (round <= state.round) return;
  leaveRound(turn);
  clearRound(state);
  state.round = round;
  state.waiting = true;
  state.ownMessages = [];
  state.roundChanges = new Map([...state.roundChanges].filter(([other]) => other >= round));
  effects.push({ type: 'cancelTimer', kind: 'proposal' });
  startRoundTimer(turn);
  broadcastRoundChange(turn);
  showLock(turn);
}

/** What is proposed in a round after 0: the locked block, else the own candidate (which strict asks for if there is none). */
function proposeAgain(turn: Turn): void {
  const { state } = turn;
  const block: Block | undefined = state.lock?.block ?? state.candidate;
  if (block !== undefined) proposeBlock(turn, block);
  else if (state.config.profile === 'strict') requestBlock(turn, false);
}

/** A quorum asks for the round: it begins. */
export function beginRound(turn: Turn, round: number): void {
  const { state, context } = turn;
  if (round < state.round || round === 0) return;
  const strict = state.config.profile === 'strict';
  const isLater = round > state.round;
  if (isLater) {
    leaveRound(turn);
    state.ownMessages = [];
  }
  clearRound(state);
  state.round = round;
  state.begunRound = round;
  state.waiting = false;
  state.phase = 'acceptRequest';
  state.roundChanges = strict ? new Map([...state.roundChanges].filter(([other]) => other >= round)) : new Map();
  announceRound(turn, true);
  if (isProposerOf(context, round, state.config.address)) proposeAgain(turn);
  startRoundTimer(turn);
  repostBacklog(turn);
}
