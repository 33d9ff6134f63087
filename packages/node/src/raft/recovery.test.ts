import { createMessage } from '@isoquorum/consensus/raft/message';
import { emptyConfState } from '@isoquorum/consensus/raft/memory-storage';
import type { RaftMessage, RaftStatus } from '@isoquorum/consensus/raft/types';
import { describe, expect, it } from 'vitest';
import { createRecovery } from './recovery.ts';

function status(voters: number): RaftStatus {
  const confState = { ...emptyConfState, voters: Array.from({ length: voters }, (_, index) => index + 1) };
  const hardState = { term: 3, vote: 0, commit: 1 };
  return { id: 1, hardState, softState: { lead: 0, role: 'StateFollower' }, applied: 1, leadTransferee: 0, confState };
}

const hello = (raftId: number, lastIndex: number, commit = lastIndex) => ({
  raftId,
  term: 3,
  lastTerm: 3,
  lastIndex,
  commit,
});
const asks = (from: number, index: number): RaftMessage =>
  createMessage({ type: 'MsgPreVote', to: 1, from, term: 4, index, logTerm: 3 });

describe('a member that may have lost its disk', () => {
  it('is none where it has taken part, or nobody has committed more than it has', () => {
    const known = createRecovery(true);
    expect(known.hear(hello(2, 9), 1, true)).toBe(false);
    const fresh = createRecovery(false);
    // Entries that are not committed are no history.
    expect(fresh.hear(hello(2, 9, 1), 1, true)).toBe(false);
    expect([known, fresh].map((one) => one.maySee(asks(3, 1), status(3)))).toEqual([true, true]);
  });

  it('votes only for who has all that it can have acknowledged', () => {
    const recovery = createRecovery(false);
    expect(recovery.hear(hello(2, 9), 1, true)).toBe(true);
    // Of three, both others must have been heard.
    expect(recovery.maySee(asks(2, 9), status(3))).toBe(false);
    recovery.hear(hello(3, 4), 1, true);
    expect(recovery.maySee(asks(3, 4), status(3))).toBe(false);
    expect(recovery.maySee(asks(2, 9), status(3))).toBe(true);
    // Of five, three of four.
    expect(recovery.maySee(asks(2, 9), status(5))).toBe(false);
    recovery.hear(hello(4, 9), 1, true);
    expect(recovery.maySee(asks(4, 9), status(5))).toBe(true);
    expect(recovery.maySee(createMessage({ type: 'MsgTimeoutNow', to: 1, from: 2, term: 3 }), status(3))).toBe(false);
    expect(recovery.maySee(createMessage({ type: 'MsgApp', to: 1, from: 2, term: 3 }), status(3))).toBe(true);
    recovery.end();
    expect(recovery.maySee(asks(3, 4), status(3))).toBe(true);
  });

  it('takes nobody’s word for a member’s log, and keeps none', () => {
    const recovery = createRecovery(false);
    expect(recovery.hear(hello(2, 9), 1, false)).toBe(true);
    recovery.hear(hello(3, 4), 1, false);
    expect(recovery.maySee(asks(2, 9), status(3))).toBe(false);
    recovery.hear(hello(2, 9), 1, true);
    recovery.hear(hello(3, 4), 1, true);
    expect(recovery.maySee(asks(2, 9), status(3))).toBe(true);
  });
});
