import { brokenInvariant } from './invariant.ts';
import type { EntryId, RaftEntry, RaftSnapshot } from './types.ts';

/** What the log has and the storage does not yet: entries from `offset()` on, and perhaps a snapshot before them. */
export interface UnstableLog {
  /** Index of the first entry here (or of the one to come). */
  offset(): number;
  entries(): readonly RaftEntry[];
  snapshot(): RaftSnapshot | undefined;
  /** Undefined: ask the storage. */
  firstIndex(): number | undefined;
  lastIndex(): number | undefined;
  term(index: number): number | undefined;
  /** Entries not yet handed out for writing. */
  nextEntries(): readonly RaftEntry[];
  /** The snapshot, unless its writing is under way. */
  nextSnapshot(): RaftSnapshot | undefined;
  /** All that is here is being written. */
  acceptInProgress(): void;
  /** Written up to the entry. Ignored when that entry was replaced since. */
  stableTo(id: EntryId): void;
  stableSnapshotTo(index: number): void;
  /** A snapshot replaces everything. */
  restore(snapshot: RaftSnapshot): void;
  /** Appends, dropping what stood at and after the first entry's index. */
  truncateAndAppend(added: readonly RaftEntry[]): void;
  /** Entries [lo, hi). */
  slice(lo: number, hi: number): readonly RaftEntry[];
  describe(): string;
}

export function createUnstableLog(firstOffset: number): UnstableLog {
  let offset = firstOffset;
  let offsetInProgress = firstOffset;
  let entries: readonly RaftEntry[] = [];
  let snapshot: RaftSnapshot | undefined;
  let isSnapshotInProgress = false;

  function lastIndex(): number | undefined {
    // The application may take its time over a snapshot: what was written behind it meanwhile counts, or it would be unsaid again.
    return entries.length > 0 || snapshot !== undefined ? offset + entries.length - 1 : undefined;
  }

  function term(index: number): number | undefined {
    if (index < offset) return snapshot?.index === index ? snapshot.term : undefined;
    return entries[index - offset]?.term;
  }

  return {
    offset: () => offset,
    entries: () => entries,
    snapshot: () => snapshot,
    firstIndex: () => (snapshot === undefined ? undefined : snapshot.index + 1),
    lastIndex,
    term,
    nextEntries: () => entries.slice(offsetInProgress - offset),
    nextSnapshot: () => (isSnapshotInProgress ? undefined : snapshot),
    acceptInProgress() {
      if (entries.length > 0) offsetInProgress = offset + entries.length;
      if (snapshot !== undefined) isSnapshotInProgress = true;
    },
    stableTo(id) {
      if (id.index < offset || term(id.index) !== id.term) return;
      entries = entries.slice(id.index + 1 - offset);
      offset = id.index + 1;
      offsetInProgress = Math.max(offsetInProgress, offset);
    },
    stableSnapshotTo(index) {
      if (snapshot?.index !== index) return;
      snapshot = undefined;
      isSnapshotInProgress = false;
    },
    restore(replacement) {
      offset = replacement.index + 1;
      offsetInProgress = offset;
      entries = [];
      snapshot = replacement;
      isSnapshotInProgress = false;
    },
    truncateAndAppend(added) {
      const from = (added[0] as RaftEntry).index;
      if (from <= offset) {
        // Also entries that are in the storage are replaced.
        if (from < offset || entries.length > 0) offsetInProgress = from;
        entries = [...added];
        offset = from;
        return;
      }
      if (from > offset + entries.length) brokenInvariant('entries leave a gap in the log', { from });
      entries = [...entries.slice(0, from - offset), ...added];
      offsetInProgress = Math.min(offsetInProgress, from);
    },
    slice(lo, hi) {
      if (lo < offset || hi > offset + entries.length || lo > hi)
        brokenInvariant('entries outside of the unstable log', { lo, hi, offset });
      return entries.slice(lo - offset, hi - offset);
    },
    describe: () =>
      `unstable.offset=${offset}, unstable.offsetInProgress=${offsetInProgress}, unstable entries=${entries.length}`,
  };
}
