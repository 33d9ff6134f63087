import { createMemoryStorage, emptySnapshot, type MemoryStorage } from '@isoquorum/consensus/raft/memory-storage';
import {
  decodeEntry,
  decodeHardState,
  decodeSnapshot,
  encodeEntry,
  encodeHardState,
  encodeSnapshot,
} from '@isoquorum/consensus/raft/record';
import type { HardState, RaftEntry, RaftSnapshot } from '@isoquorum/consensus/raft/types';
import { concatBytes } from '@isoquorum/primitives/hex';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { Logger } from '@isoquorum/platform/logger';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { keyToNumber, numberToKey } from '../chain/keys.ts';
import { createWriteQueue } from '../chain/write-queue.ts';

const entryPrefix = utf8ToBytes('rl');
const entryRange = { gte: entryPrefix, lt: utf8ToBytes('rm') };
const stateKey = utf8ToBytes('m:raft:state');
const snapshotKey = utf8ToBytes('m:raft:snapshot');
/** Index and term of the entry before the first one: 8 bytes each. */
const baseKey = utf8ToBytes('m:raft:base');
/** Present once this disk has taken part: see `RaftLogStore.hasJoined`. */
const joinedKey = utf8ToBytes('m:raft:joined');

const entryKey = (index: number): Uint8Array => concatBytes(entryPrefix, numberToKey(index));

/** What one write of the core puts on disk. */
export interface RaftWrite {
  readonly hardState: HardState | undefined;
  readonly entries: readonly RaftEntry[];
  readonly snapshot: RaftSnapshot | undefined;
}

/**
 * Raft's log, state and snapshot in the node's store: one key for each entry, every write one atomic batch, so that there is no log file that could
 * be torn or be out of step with the chain beside it.
 */
export interface RaftLogStore {
  /** What the core reads; never ahead of the disk. */
  readonly memory: MemoryStorage;
  /** This disk has led, or has had all that a leader had committed. Until then it may be one that was lost and replaced. */
  readonly hasJoined: boolean;
  /** Resolves when the write is durable. Writes keep their order. */
  write(write: RaftWrite): Promise<void>;
  /** From now on `hasJoined` holds. */
  noteJoined(): Promise<void>;
  /** Takes a snapshot of our own, and drops entries up to `compactTo`. */
  saveSnapshot(snapshot: RaftSnapshot, compactTo: number): Promise<void>;
  flush(): Promise<void>;
}

interface OnDisk {
  readonly hardState: HardState | undefined;
  readonly snapshot: RaftSnapshot | undefined;
  readonly base: { readonly index: number; readonly term: number };
  readonly entries: readonly RaftEntry[];
}

function encodeBase(base: { readonly index: number; readonly term: number }): Uint8Array {
  return concatBytes(numberToKey(base.index), numberToKey(base.term));
}

async function read(store: Store, logger: Logger): Promise<OnDisk> {
  const value = <T>(key: Uint8Array, decode: (bytes: Uint8Array) => T): T | undefined => {
    const bytes = store.getSync(key);
    return bytes && decode(bytes);
  };
  const hardState = value(stateKey, decodeHardState);
  const snapshot = value(snapshotKey, decodeSnapshot);
  const base = value(baseKey, (bytes) => ({
    index: keyToNumber(bytes.subarray(0, 8)),
    term: keyToNumber(bytes.subarray(8)),
  })) ?? { index: snapshot?.index ?? 0, term: snapshot?.term ?? 0 };
  const entries: RaftEntry[] = [];
  for await (const [key, bytes] of store.iterate(entryRange)) {
    const index = keyToNumber(key.subarray(entryPrefix.length));
    if (index <= base.index) continue;
    if (index !== base.index + entries.length + 1) {
      // Cannot be by our own writes; what stands behind a gap is worth nothing, and comes again from the leader.
      logger.log('error', 'The Raft log has a gap: what is behind it is dropped', { at: index });
      break;
    }
    entries.push(decodeEntry(bytes));
  }
  if (snapshot !== undefined && snapshot.index > base.index + entries.length) {
    // What the snapshot covers is in the chain; the log begins behind it.
    logger.log('error', 'The Raft log ends before its snapshot: it begins anew behind it', { at: snapshot.index });
    return { hardState, snapshot, base: { index: snapshot.index, term: snapshot.term }, entries: [] };
  }
  return { hardState, snapshot, base, entries };
}

/**
 * Opens the log; an empty one begins with `bootstrap` (the first members at index 1), or with nothing for a node that joins.
 * @throws RAFT_RECORD_INVALID, STORE_*
 */
export async function openRaftLog(options: {
  readonly store: Store;
  readonly logger: Logger;
  readonly bootstrap: RaftSnapshot | undefined;
  readonly onFailure: (error: unknown) => void;
}): Promise<RaftLogStore> {
  const { store, logger, bootstrap } = options;
  const writes = createWriteQueue(store, options.onFailure);
  const found = await read(store, logger);
  const isNew = found.hardState === undefined && found.snapshot === undefined && found.entries.length === 0;
  const snapshot = found.snapshot ?? (isNew ? bootstrap : undefined) ?? emptySnapshot;
  const base = isNew ? { index: snapshot.index, term: snapshot.term } : found.base;
  const last = base.index + found.entries.length;
  const hardState = found.hardState ?? { term: isNew ? snapshot.term : 0, vote: 0, commit: 0 };
  // What the snapshot covers was committed; a commit index beyond the log can only be the trace of a lost disk.
  const commit = Math.max(Math.min(hardState.commit, last), Math.min(snapshot.index, last), base.index);
  const memory = createMemoryStorage({
    hardState: { ...hardState, commit },
    snapshot,
    base,
    entries: found.entries,
  });
  if (isNew && bootstrap !== undefined) {
    await writes.write([
      { type: 'put', key: snapshotKey, value: encodeSnapshot(bootstrap) },
      { type: 'put', key: baseKey, value: encodeBase(base) },
      { type: 'put', key: stateKey, value: encodeHardState({ ...hardState, commit }) },
    ]);
  }

  function operationsOf({ hardState: state, entries, snapshot: replacement }: RaftWrite): StoreOperation[] {
    const operations: StoreOperation[] = [];
    if (state !== undefined) operations.push({ type: 'put', key: stateKey, value: encodeHardState(state) });
    let lastKept = memory.lastIndex();
    if (replacement !== undefined) {
      for (let index = memory.firstIndex(); index <= lastKept; index++)
        operations.push({ type: 'delete', key: entryKey(index) });
      operations.push({ type: 'put', key: snapshotKey, value: encodeSnapshot(replacement) });
      operations.push({ type: 'put', key: baseKey, value: encodeBase(replacement) });
      lastKept = replacement.index;
    }
    for (const entry of entries)
      operations.push({ type: 'put', key: entryKey(entry.index), value: encodeEntry(entry) });
    const end = entries.at(-1)?.index ?? lastKept;
    // What stood behind entries that were replaced goes with them.
    for (let index = end + 1; index <= lastKept; index++) operations.push({ type: 'delete', key: entryKey(index) });
    return operations;
  }

  /** In the order of the writes, so that each sees the log as the one before leaves it. */
  let tail: Promise<void> = Promise.resolve();
  function inOrder(act: () => Promise<void>): Promise<void> {
    const done = tail.then(act);
    tail = done.catch(() => undefined);
    return done;
  }

  return {
    memory,
    hasJoined: store.getSync(joinedKey) !== undefined,
    write: (write) =>
      inOrder(async () => {
        const operations = operationsOf(write);
        if (operations.length > 0) await writes.write(operations);
        if (write.hardState !== undefined) memory.setHardState(write.hardState);
        if (write.snapshot !== undefined) memory.applySnapshot(write.snapshot);
        memory.append(write.entries);
      }),
    noteJoined: () => writes.write([{ type: 'put', key: joinedKey, value: Uint8Array.of(1) }]),
    saveSnapshot: (made, compactTo) =>
      inOrder(async () => {
        const newest = memory.snapshot();
        if (newest !== 'unavailable' && made.index <= newest.index) return;
        const first = memory.firstIndex();
        const term = memory.term(compactTo);
        const isCompacted = compactTo >= first && typeof term === 'number';
        const operations: StoreOperation[] = [{ type: 'put', key: snapshotKey, value: encodeSnapshot(made) }];
        if (isCompacted) {
          operations.push({ type: 'put', key: baseKey, value: encodeBase({ index: compactTo, term }) });
          for (let index = first; index <= compactTo; index++)
            operations.push({ type: 'delete', key: entryKey(index) });
        }
        await writes.write(operations);
        memory.setSnapshot(made);
        if (isCompacted) memory.compact(compactTo);
      }),
    async flush() {
      await tail;
      await writes.flush();
    },
  };
}
