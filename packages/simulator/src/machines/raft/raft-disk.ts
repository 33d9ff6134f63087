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
import { bytesToNumber, numberToBytes } from '@isoquorum/primitives/integer';
import type { Disk, DiskWrite } from '../../core/disk.ts';

/** What one write of the core puts on disk. */
export interface RaftWrite {
  readonly hardState: HardState | undefined;
  readonly entries: readonly RaftEntry[];
  readonly snapshot: RaftSnapshot | undefined;
}

const stateKey = 'raft state';
const snapshotKey = 'raft snapshot';
const entryKey = (index: number): string => `raft entry ${index}`;
const numberKeys = { base: 'raft base', baseTerm: 'raft base term', last: 'raft last' } as const;

/** The log, state and snapshot of a Raft machine on its disk, and what the core reads of them, which is never ahead of the disk. */
export class RaftDisk {
  readonly memory: MemoryStorage;
  private readonly disk: Disk;
  private readonly waiting: ((next: () => void) => void)[] = [];

  /** @param bootstrap what an empty disk begins with */
  constructor(disk: Disk, bootstrap: RaftSnapshot | undefined) {
    this.disk = disk;
    const snapshotBytes = disk.get(snapshotKey);
    const stateBytes = disk.get(stateKey);
    const snapshot = snapshotBytes === undefined ? bootstrap : decodeSnapshot(snapshotBytes);
    const first = snapshot ?? emptySnapshot;
    const base = { index: this.read('base') ?? first.index, term: this.read('baseTerm') ?? first.term };
    const last = this.read('last') ?? base.index;
    const entries: RaftEntry[] = [];
    for (let index = base.index + 1; index <= last; index++) {
      const bytes = disk.get(entryKey(index));
      if (bytes !== undefined) entries.push(decodeEntry(bytes));
    }
    const stored = stateBytes === undefined ? { term: first.term, vote: 0, commit: 0 } : decodeHardState(stateBytes);
    // How far entries are committed may not have been written: what a snapshot covers is.
    const hardState = { ...stored, commit: Math.max(Math.min(stored.commit, last), first.index) };
    this.memory = createMemoryStorage({ hardState, snapshot: first, base, entries });
  }

  /** Calls `done` when it is durable; then the core sees it, too. */
  write({ hardState, entries, snapshot }: RaftWrite, done: () => void): void {
    const batch: DiskWrite[] = [];
    if (hardState !== undefined) batch.push([stateKey, encodeHardState(hardState)]);
    if (snapshot !== undefined) {
      batch.push([snapshotKey, encodeSnapshot(snapshot)], ...this.numbers('base', snapshot.index));
      batch.push(...this.numbers('baseTerm', snapshot.term), ...this.numbers('last', snapshot.index));
    }
    for (const entry of entries) batch.push([entryKey(entry.index), encodeEntry(entry)]);
    const last = entries.at(-1);
    if (last !== undefined) batch.push(...this.numbers('last', last.index));
    this.inOrder((next) => {
      this.disk.write(batch, () => {
        if (hardState !== undefined) this.memory.setHardState(hardState);
        if (snapshot !== undefined) this.memory.applySnapshot(snapshot);
        this.memory.append(entries);
        next();
        done();
      });
    });
  }

  /** Takes a snapshot of the application's own, unless a newer one came meanwhile, and drops the entries up to `compactTo`. */
  save(snapshot: RaftSnapshot, compactTo: number): void {
    this.inOrder((next) => {
      const { memory } = this;
      const first = memory.firstIndex();
      const term = memory.term(compactTo);
      if (!memory.setSnapshot(snapshot)) {
        next();
        return;
      }
      const batch: DiskWrite[] = [[snapshotKey, encodeSnapshot(snapshot)]];
      if (typeof term === 'number' && compactTo >= first) {
        for (let index = first; index <= compactTo; index++) batch.push([entryKey(index), undefined]);
        batch.push(...this.numbers('base', compactTo), ...this.numbers('baseTerm', term));
        memory.compact(compactTo);
      } else {
        const before = memory.term(first - 1) as number;
        batch.push(...this.numbers('base', first - 1), ...this.numbers('baseTerm', before));
      }
      this.disk.write(batch, next);
    });
  }

  /** Each sees the log as the one before leaves it. */
  private inOrder(act: (next: () => void) => void): void {
    this.waiting.push(act);
    if (this.waiting.length === 1) act(() => this.goOn());
  }

  private goOn(): void {
    this.waiting.shift();
    this.waiting[0]?.(() => this.goOn());
  }

  private numbers(name: keyof typeof numberKeys, value: number): DiskWrite[] {
    return [[numberKeys[name], numberToBytes(value)]];
  }

  private read(name: keyof typeof numberKeys): number | undefined {
    const bytes = this.disk.get(numberKeys[name]);
    return bytes === undefined ? undefined : bytesToNumber(bytes);
  }
}
