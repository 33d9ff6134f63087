import { entriesSize, limitSize } from './entry-size.ts';
import { brokenInvariant } from './invariant.ts';
import type { EntryId, RaftEntry, RaftSnapshot, RaftStorage } from './types.ts';
import { createUnstableLog, type UnstableLog } from './unstable-log.ts';

/** The log as one piece: what the storage has, what is on its way there, and how far it is committed and applied. */
export interface RaftLog {
  readonly unstable: UnstableLog;
  committed(): number;
  /** Handed out for application. */
  applying(): number;
  applied(): number;
  firstIndex(): number;
  lastIndex(): number;
  lastEntryId(): EntryId;
  /** Undefined: compacted, or not there. */
  term(index: number): number | undefined;
  matchTerm(id: EntryId): boolean;
  /** Whether a log that ends with `theirs` may be followed by this one's owner: it is not behind ours. */
  isUpToDate(theirs: EntryId): boolean;
  /** The first index at which the entries and the log disagree, or that the log lacks; 0 when all are there. */
  findConflict(entries: readonly RaftEntry[]): number;
  /** The greatest index at or below `index` whose term is at most `term`; its term, or 0 when that is unknown. */
  findConflictByTerm(index: number, term: number): EntryId;
  append(entries: readonly RaftEntry[]): number;
  commitTo(index: number): void;
  /** Commits up to the entry if it is there, of that term and above the commit index. */
  maybeCommit(id: EntryId): boolean;
  /** Entries from `index` on, at most `maxSize` bytes; `compacted` when they are gone. */
  entriesFrom(index: number, maxSize: number): readonly RaftEntry[] | 'compacted';
  /** Entries [lo, hi). */
  slice(lo: number, hi: number, maxSize: number): readonly RaftEntry[] | 'compacted';
  nextCommittedEntries(isUnstableAllowed: boolean): readonly RaftEntry[];
  hasNextCommittedEntries(isUnstableAllowed: boolean): boolean;
  /** `index` is being applied, `size` bytes in all. */
  acceptApplying(index: number, size: number, isUnstableAllowed: boolean): void;
  appliedTo(index: number, size: number): void;
  snapshot(): RaftSnapshot | 'unavailable';
  restore(snapshot: RaftSnapshot): void;
  /** Takes over a commit index from disk. */
  loadCommit(index: number): void;
  describe(): string;
}

/** @param maxApplyingBytes bound of what is handed out and not applied */
export function createRaftLog(storage: RaftStorage, maxApplyingBytes: number): RaftLog {
  const unstable = createUnstableLog(storage.lastIndex() + 1);
  let committed = storage.firstIndex() - 1;
  let applying = committed;
  let applied = committed;
  let applyingBytes = 0;
  let isApplyingPaused = false;

  const firstIndex = (): number => unstable.firstIndex() ?? storage.firstIndex();
  const lastIndex = (): number => unstable.lastIndex() ?? storage.lastIndex();

  function term(index: number): number | undefined {
    const here = unstable.term(index);
    if (here !== undefined) return here;
    if (index + 1 < firstIndex() || index > lastIndex()) return undefined;
    const stored = storage.term(index);
    return typeof stored === 'number' ? stored : undefined;
  }

  function lastEntryId(): EntryId {
    const index = lastIndex();
    const last = term(index);
    if (last === undefined) return brokenInvariant('the term of the last entry is unknown', { index });
    return { index, term: last };
  }

  function commitTo(index: number): void {
    if (index <= committed) return;
    if (index > lastIndex()) brokenInvariant('commit beyond the log', { index, lastIndex: lastIndex() });
    committed = index;
  }

  function slice(lo: number, hi: number, maxSize: number): readonly RaftEntry[] | 'compacted' {
    if (lo < firstIndex()) return 'compacted';
    if (lo > hi || hi > lastIndex() + 1) brokenInvariant('entries outside of the log', { lo, hi });
    if (lo === hi) return [];
    const offset = unstable.offset();
    if (lo >= offset) return limitSize(unstable.slice(lo, hi), maxSize);
    const cut = Math.min(hi, offset);
    const stored = storage.entries(lo, cut, maxSize);
    if (stored === 'compacted' || hi <= offset || stored.length < cut - lo) return stored;
    const size = entriesSize(stored);
    if (size >= maxSize) return stored;
    const rest = limitSize(unstable.slice(offset, hi), maxSize - size);
    if (rest.length === 1 && size + entriesSize(rest) > maxSize) return stored;
    return [...stored, ...rest];
  }

  function appliableTo(isUnstableAllowed: boolean): number {
    return isUnstableAllowed ? committed : Math.min(committed, unstable.offset() - 1);
  }

  function hasNextCommittedEntries(isUnstableAllowed: boolean): boolean {
    if (isApplyingPaused || unstable.snapshot() !== undefined) return false;
    return applying < appliableTo(isUnstableAllowed);
  }

  function matchTerm(id: EntryId): boolean {
    return term(id.index) === id.term;
  }

  return {
    unstable,
    committed: () => committed,
    applying: () => applying,
    applied: () => applied,
    firstIndex,
    lastIndex,
    lastEntryId,
    term,
    matchTerm,
    isUpToDate(theirs) {
      const ours = lastEntryId();
      return theirs.term > ours.term || (theirs.term === ours.term && theirs.index >= ours.index);
    },
    findConflict(entries) {
      return entries.find((entry) => !matchTerm(entry))?.index ?? 0;
    },
    findConflictByTerm(index, limit) {
      for (let at = index; at > 0; at--) {
        const here = term(at);
        if (here === undefined) return { index: at, term: 0 };
        if (here <= limit) return { index: at, term: here };
      }
      return { index: 0, term: 0 };
    },
    append(entries) {
      const first = entries[0];
      if (first !== undefined) {
        if (first.index <= committed) brokenInvariant('append below the commit index', { index: first.index });
        unstable.truncateAndAppend(entries);
      }
      return lastIndex();
    },
    commitTo,
    maybeCommit(id) {
      if (id.term === 0 || id.index <= committed || !matchTerm(id)) return false;
      commitTo(id.index);
      return true;
    },
    entriesFrom(index, maxSize) {
      return index > lastIndex() ? [] : slice(index, lastIndex() + 1, maxSize);
    },
    slice,
    nextCommittedEntries(isUnstableAllowed) {
      if (!hasNextCommittedEntries(isUnstableAllowed)) return [];
      const entries = slice(applying + 1, appliableTo(isUnstableAllowed) + 1, maxApplyingBytes - applyingBytes);
      if (entries === 'compacted') return brokenInvariant('entries compacted before they were applied', { applying });
      return entries;
    },
    hasNextCommittedEntries,
    acceptApplying(index, size, isUnstableAllowed) {
      applying = index;
      applyingBytes += size;
      isApplyingPaused = applyingBytes >= maxApplyingBytes || index < appliableTo(isUnstableAllowed);
    },
    appliedTo(index, size) {
      if (index > committed || index < applied)
        brokenInvariant('applied index is out of range', { index, applied, committed });
      applied = index;
      applying = Math.max(applying, index);
      applyingBytes = Math.max(0, applyingBytes - size);
      isApplyingPaused = applyingBytes >= maxApplyingBytes;
    },
    snapshot: () => unstable.snapshot() ?? storage.snapshot(),
    restore(snapshot) {
      committed = snapshot.index;
      unstable.restore(snapshot);
    },
    loadCommit(index) {
      if (index < committed || index > lastIndex())
        brokenInvariant('commit index on disk is outside of the log', { index, committed, lastIndex: lastIndex() });
      committed = index;
    },
    describe: () => `committed=${committed}, applied=${applied}, applying=${applying}, ${unstable.describe()}`,
  };
}
