import { describe, expect, it } from 'vitest';
import { createUnstableLog } from './unstable-log.ts';
import type { RaftEntry, RaftSnapshot } from './types.ts';

const entry = (index: number, term = 2): RaftEntry => ({ term, index, type: 'EntryNormal', data: new Uint8Array(1) });
const confState = { voters: [1, 2, 3], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
const snapshot: RaftSnapshot = { index: 10, term: 2, confState, data: new Uint8Array(0) };

describe('the part of the log that is not stored', () => {
  it('ends where its snapshot does, and then at its last entry', () => {
    const log = createUnstableLog(4);
    expect(log.lastIndex()).toBeUndefined();
    log.restore(snapshot);
    expect(log.lastIndex()).toBe(10);
    log.truncateAndAppend([entry(11), entry(12)]);
    expect(log.lastIndex()).toBe(12);
  });

  it('does not shrink when entries are stored before the application has taken the snapshot', () => {
    const log = createUnstableLog(4);
    log.restore(snapshot);
    log.truncateAndAppend([entry(11), entry(12)]);
    log.acceptInProgress();
    log.stableTo({ index: 12, term: 2 });
    expect([log.firstIndex(), log.lastIndex(), log.offset()]).toEqual([11, 12, 13]);
    expect(log.term(10)).toBe(2);
    log.stableSnapshotTo(10);
    expect(log.lastIndex()).toBeUndefined();
  });
});
