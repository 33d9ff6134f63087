import { limitSize } from './entry-size.ts';
import { brokenInvariant } from './invariant.ts';
import type { ConfState, HardState, RaftEntry, RaftSnapshot, RaftStorage } from './types.ts';

export const emptyConfState: ConfState = {
  voters: [],
  votersOutgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
};

export const emptySnapshot: RaftSnapshot = { index: 0, term: 0, confState: emptyConfState, data: new Uint8Array(0) };

/** The log in memory; over a disk it is the cache that the core reads. */
export interface MemoryStorage extends RaftStorage {
  setHardState(state: HardState): void;
  /** Appends; what stood at and after the first entry goes. Entries below the first index are ignored. */
  append(entries: readonly RaftEntry[]): void;
  /** Replaces everything by the snapshot; answers false when it is older than the one here. */
  applySnapshot(snapshot: RaftSnapshot): boolean;
  /** Takes a snapshot made by the application, keeping the entries; answers false when it is older than the one here. */
  setSnapshot(snapshot: RaftSnapshot): boolean;
  /** Drops entries up to and with `index`; answers false when they are gone already. */
  compact(index: number): boolean;
}

export interface MemoryStorageContent {
  readonly hardState: HardState;
  readonly snapshot: RaftSnapshot;
  /** Where the log begins: the entry before the first one. */
  readonly base: { readonly index: number; readonly term: number };
  readonly entries: readonly RaftEntry[];
}

/** @param content what was on disk; default nothing */
export function createMemoryStorage(content?: MemoryStorageContent): MemoryStorage {
  let hardState: HardState = content?.hardState ?? { term: 0, vote: 0, commit: 0 };
  let snapshot = content?.snapshot ?? emptySnapshot;
  let base = content?.base ?? { index: 0, term: 0 };
  let entries: RaftEntry[] = [...(content?.entries ?? [])];

  const firstIndex = (): number => base.index + 1;
  const lastIndex = (): number => base.index + entries.length;

  return {
    initialState: () => ({ hardState, confState: snapshot.confState }),
    entries(lo, hi, maxSize) {
      if (lo < firstIndex()) return 'compacted';
      if (hi > lastIndex() + 1) return brokenInvariant('entries outside of the stored log', { lo, hi });
      return limitSize(entries.slice(lo - firstIndex(), hi - firstIndex()), maxSize);
    },
    term(index) {
      if (index === base.index) return base.term;
      if (index < base.index) return 'compacted';
      return entries[index - firstIndex()]?.term ?? 'unavailable';
    },
    firstIndex,
    lastIndex,
    snapshot: () => snapshot,
    setHardState(state) {
      hardState = state;
    },
    append(added) {
      const kept = added.filter(({ index }) => index >= firstIndex());
      const first = kept[0];
      if (first === undefined) return;
      if (first.index > lastIndex() + 1)
        brokenInvariant('entries leave a gap in the stored log', { index: first.index });
      entries.length = first.index - firstIndex();
      for (const entry of kept) entries.push(entry);
    },
    applySnapshot(replacement) {
      if (snapshot.index !== 0 && snapshot.index >= replacement.index) return false;
      snapshot = replacement;
      base = { index: replacement.index, term: replacement.term };
      entries = [];
      return true;
    },
    setSnapshot(made) {
      if (made.index <= snapshot.index) return false;
      snapshot = made;
      return true;
    },
    compact(index) {
      if (index <= base.index) return false;
      const last = entries[index - firstIndex()];
      if (last === undefined) return brokenInvariant('compaction beyond the stored log', { index });
      entries = entries.slice(index - base.index);
      base = { index, term: last.term };
      return true;
    },
  };
}
