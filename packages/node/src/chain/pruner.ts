import type { StateDatabase } from '@isoquorum/execution/state/database';
import { flatStaleRange, staleSlotsRange } from '@isoquorum/execution/state/flat/records';
import { nodePrefix } from '@isoquorum/execution/state/keys';
import { HashSet } from '@isoquorum/execution/state/prune/hash-set';
import { type LeafKind, markReachable } from '@isoquorum/execution/state/prune/mark';
import type { Logger } from '@isoquorum/platform/logger';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { keptFromKey, keyToNumber, numberToKey } from './keys.ts';
import type { WriteQueue } from './write-queue.ts';

/** `archive` keeps the states of all blocks, `full` those of recent ones (GoQuorum's `--gcmode`). */
export type GcMode = 'archive' | 'full';

/** States of so many newest blocks are always kept (geth's triesInMemory). */
export const keptBlocks = 128;
/** Nodes that are marked before others get a turn: a few milliseconds. */
const markSlice = 500;
const sweepSlice = 2_000;

/** A trie that has to stay. */
export interface KeptTrie {
  readonly root: Hash32;
  readonly leaves: LeafKind;
}

/** Frees the disk of trie nodes that no kept state needs. */
export interface Pruner {
  /** Told of everything that is about to be stored, before it is. */
  note(operations: readonly StoreOperation[]): void;
  /** Lowest block number whose states are kept; 0 when all are. Genesis always is. */
  keptFrom(): number;
  /** Begins when enough was written. To be called when the head has moved. */
  headMoved(): void;
  /** Prunes now; resolves when done. */
  run(): Promise<void>;
  stop(): Promise<void>;
}

export interface PrunerOptions {
  readonly mode: GcMode;
  readonly store: Store;
  readonly database: StateDatabase;
  readonly writes: WriteQueue;
  readonly logger: Logger;
  readonly tipNumber: () => number;
  /** The lowest head of all: blocks above it will be executed again, on states that must be there. */
  readonly lowestHead: () => number;
  /** Public and private tries of the blocks of these numbers, and of block 0. */
  readonly triesOf: (from: number, to: number) => Iterable<KeptTrie>;
  /** Bytes of nodes written before a first pruning; 64 MiB unless told. Later ones wait until as much was written as was left. */
  readonly bytesBefore?: number;
}

/**
 * Mark and sweep, as copying collectors are reasoned about: a pruning reads all nodes that stay and removes the others, and
 * the next one comes when as many bytes were written as stayed, so that its cost per written byte is bounded whatever the size of the
 * state. Public and private tries share nodes, so they are marked together. Nodes that are written while it goes on count as
 * marked. A crash at any point leaves some garbage and nothing else: what may go is told to the store (`m:kept`) before
 * anything goes.
 */
export function createPruner(options: PrunerOptions): Pruner {
  const { store, database, writes, logger } = options;
  let marked: HashSet | undefined;
  let running: Promise<void> | undefined;
  let isStopped = false;
  let written = 0;
  let threshold = options.bytesBefore ?? 64 * 1024 * 1024;
  const stored = store.getSync(keptFromKey);
  let keptFrom = stored === undefined ? 0 : keyToNumber(stored);

  function isNode(key: Uint8Array): boolean {
    return key.length === 33 && key[0] === nodePrefix;
  }

  /** Lets reads, writes and timers of others come in between. */
  async function pause(): Promise<void> {
    await store.get(keptFromKey);
  }

  async function mark(from: number): Promise<HashSet> {
    const set = new HashSet();
    marked = set;
    let count = 0;
    for (const { root, leaves } of options.triesOf(from, options.tipNumber())) {
      for (const _ of markReachable(database.readNode, root, leaves, set)) {
        if (++count % markSlice === 0) await pause();
        if (isStopped) return set;
      }
    }
    return set;
  }

  /** Removes nodes that are not marked; answers how many, and how many bytes stayed. */
  async function sweep(set: HashSet): Promise<{ removed: number; left: number }> {
    let operations: StoreOperation[] = [];
    let removed = 0;
    let left = 0;
    const range = { gte: Uint8Array.of(nodePrefix), lt: Uint8Array.of(nodePrefix + 1) };
    for await (const [key, value] of store.iterate(range)) {
      if (isStopped) break;
      if (!isNode(key)) continue;
      if (set.has(key, 1)) {
        left += key.length + value.length;
        continue;
      }
      operations.push({ type: 'delete', key });
      if (operations.length < sweepSlice) continue;
      removed += operations.length;
      await writes.write(stillUnmarked(set, operations));
      operations = [];
    }
    removed += operations.length;
    if (operations.length > 0) await writes.write(stillUnmarked(set, operations));
    return { removed, left };
  }

  /** A node may have been written again since it was looked at. */
  function stillUnmarked(set: HashSet, operations: readonly StoreOperation[]): StoreOperation[] {
    return operations.filter(({ key }) => !set.has(key, 1));
  }

  /** Slots of storages that went out of reach before the kept blocks. */
  async function sweepStaleSlots(from: number): Promise<void> {
    for await (const [staleKey] of store.iterate(flatStaleRange(from - 1))) {
      if (isStopped) return;
      let operations: StoreOperation[] = [];
      for await (const [key] of store.iterate(staleSlotsRange(staleKey))) {
        operations.push({ type: 'delete', key });
        if (operations.length < sweepSlice) continue;
        await writes.write(operations);
        operations = [];
      }
      await writes.write([...operations, { type: 'delete', key: staleKey }]);
    }
  }

  async function prune(): Promise<void> {
    const from = Math.min(options.tipNumber() - keptBlocks + 1, options.lowestHead());
    if (from <= 1) return;
    logger.log('info', 'Pruning the states of old blocks', { keptFrom: from });
    written = 0;
    keptFrom = Math.max(keptFrom, from);
    await writes.write([{ type: 'put', key: keptFromKey, value: numberToKey(keptFrom) }]);
    const set = await mark(keptFrom);
    if (isStopped) return;
    const { removed, left } = await sweep(set);
    await sweepStaleSlots(keptFrom);
    if (isStopped) return;
    threshold = Math.max(threshold, left);
    logger.log('info', 'Pruned', { keptFrom, nodesKept: set.size, nodesRemoved: removed, bytesKept: left });
  }

  function run(): Promise<void> {
    running ??= prune().finally(() => {
      marked = undefined;
      running = undefined;
    });
    return running;
  }

  return {
    note(operations) {
      if (options.mode === 'archive' && marked === undefined) return;
      for (const { type, key, ...rest } of operations) {
        if (type !== 'put' || !isNode(key)) continue;
        written += key.length + (rest as { value: Uint8Array }).value.length;
        marked?.add(key, 1);
      }
    },
    keptFrom: () => keptFrom,
    headMoved() {
      if (options.mode === 'archive' || running !== undefined || isStopped || written < threshold) return;
      run().catch((error: unknown) => {
        logger.log('warn', 'Pruning failed; it will be tried again', { error: String(error) });
      });
    },
    run,
    async stop() {
      isStopped = true;
      await running?.catch(() => undefined);
    },
  };
}
