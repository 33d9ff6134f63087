import { majorityOf } from '@isoquorum/consensus/raft/quorum';
import type { EntryId, RaftMessage, RaftStatus } from '@isoquorum/consensus/raft/types';
import type { RaftHello } from './links.ts';

/**
 * A member whose disk may have replaced one that was lost. What it acknowledged before is gone, so that its vote could help to lose committed
 * entries: it follows, does not stand for election, and votes only for who has all that it can have acknowledged.
 */
export interface Recovery {
  /** True until a leader's commit index is on this disk. */
  isUnderWay(): boolean;
  /**
   * A peer said how far its log goes. Answers true when that shows that our disk lacks history.
   * @param isMember it is known to be the member that it says: only then may its word stand behind a vote
   */
  hear(hello: RaftHello, lastIndex: number, isMember: boolean): boolean;
  /** Whether a vote may be given; messages that ask for none may. */
  maySee(message: RaftMessage, status: RaftStatus): boolean;
  end(): void;
}

function isBehind(left: EntryId, right: EntryId): boolean {
  return left.term < right.term || (left.term === right.term && left.index < right.index);
}

/** @param hasJoined this disk has taken part before: there is nothing to recover */
export function createRecovery(hasJoined: boolean): Recovery {
  const heard = new Map<number, EntryId>();
  let isUnderWay = false;
  let isOver = hasJoined;

  /**
   * What we acknowledged and was committed is with a majority, of which we were one: it is among any so many others, and whoever is level with the
   * furthest of them has it.
   */
  function mayVote({ index, logTerm }: RaftMessage, { id, confState }: RaftStatus): boolean {
    const others = confState.voters.filter((voter) => voter !== id && heard.has(voter));
    const count = confState.voters.length;
    if (others.length < count - majorityOf(count) + 1) return false;
    const candidate = { term: logTerm, index };
    return others.every((voter) => !isBehind(candidate, heard.get(voter) as EntryId));
  }

  return {
    isUnderWay: () => isUnderWay,
    hear({ raftId, lastTerm, lastIndex: index, commit }, lastIndex, isMember) {
      if (isMember) heard.set(raftId, { term: lastTerm, index });
      if (isOver || isUnderWay || commit <= lastIndex) return false;
      isUnderWay = true;
      return true;
    },
    maySee(message, status) {
      if (!isUnderWay) return true;
      if (message.type === 'MsgTimeoutNow') return false;
      const isVote = message.type === 'MsgVote' || message.type === 'MsgPreVote';
      return !isVote || mayVote(message, status);
    },
    end() {
      isUnderWay = false;
      isOver = true;
    },
  };
}
