import type { StateDatabase } from '@isoquorum/execution/state/database';
import { FlatState } from '@isoquorum/execution/state/flat/flat-state';
import type { FlatLayer } from '@isoquorum/execution/state/flat/layer';
import { makeFlatPart } from '@isoquorum/execution/state/flat/make';
import { decodeFlatStatus, encodeFlatStatus, firstMarker } from '@isoquorum/execution/state/flat/marker';
import { accountPrefix, slotPrefix } from '@isoquorum/execution/state/flat/records';
import { decodeUndo, encodeUndo } from '@isoquorum/execution/state/flat/undo';
import type { Logger } from '@isoquorum/platform/logger';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual, bytesToBareHex } from '@isoquorum/primitives/hex';
import type { ChainBlock } from './chain.ts';
import { flatStatusKey, flatUndoKey } from './keys.ts';
import type { WriteQueue } from './write-queue.ts';

/** How many blocks back the snapshot can be undone; Raft and Clique reorganise a few, BFT chains none. */
const undoKept = 128;
/** Entries that are made or removed at once. */
const partSize = 2_000;
/** Accounts between two lines in the log. */
const progressEvery = 100_000;

/** Keeps the flat snapshot at the public head, in the same batches as the blocks. */
export interface FlatSnapshot {
  /** What has to be stored with a move of the head. `settle` is to be called when that is durable. */
  move(
    removed: readonly ChainBlock[],
    added: readonly ChainBlock[],
  ): { readonly operations: readonly StoreOperation[]; readonly settle: () => void };
  /** Makes what is missing, in the background. */
  start(): void;
  stop(): Promise<void>;
  /** Resolves when nothing is being made. */
  idle(): Promise<void>;
}

export interface FlatSnapshotOptions {
  readonly store: Store;
  readonly database: StateDatabase;
  readonly writes: WriteQueue;
  readonly logger: Logger;
  /** The newest block given to the store. */
  readonly tip: () => ChainBlock;
  readonly canonicalHash: (number: number) => Hash32 | undefined;
  /** Whether blocks of this chain may be undone: false where they are final. */
  readonly keepsUndo: boolean;
  readonly stateRootOf: (hash: Hash32) => Hash32 | undefined;
}

/** Store operations of the whole snapshot of a state whose nodes are at hand: for the genesis. */
export function createFlatOperations(database: StateDatabase, root: Hash32): StoreOperation[] {
  const part = makeFlatPart(database.readNode, root, firstMarker, 0, Number.POSITIVE_INFINITY);
  const status = { type: 'put', key: flatStatusKey, value: encodeFlatStatus({ root, marker: undefined }) } as const;
  return [...part.operations, status];
}

export function createFlatSnapshot(options: FlatSnapshotOptions): FlatSnapshot {
  const { store, database, writes, logger } = options;
  /** Undo records that are perhaps not durable yet, by bare hex of the block's hash. */
  const freshUndo = new Map<string, Uint8Array>();
  let making: Promise<void> | undefined;
  let isStopped = true;
  /** Why the snapshot has to be made from the start, when it has. */
  let reason: string | undefined;

  function open(): void {
    const bytes = store.getSync(flatStatusKey);
    const root = options.tip().block.header.stateRoot;
    const status = bytes && decodeFlatStatus(bytes);
    if (status === undefined) reason = 'there is none';
    else if (!bytesEqual(status.root, root)) reason = 'it is of another block';
    else database.flat = createState(status);
  }

  function createState(status: ReturnType<typeof decodeFlatStatus>): FlatState {
    return new FlatState((key) => store.getSync(key), database, status);
  }

  function statusOperation(flat: FlatState): StoreOperation {
    return { type: 'put', key: flatStatusKey, value: encodeFlatStatus(flat.status) };
  }

  function parentRoot(block: ChainBlock): Hash32 | undefined {
    return options.stateRootOf(block.block.header.parentHash);
  }

  /** The layer that takes the snapshot back behind a block; `undefined` when that cannot be had. */
  function undoing(flat: FlatState, gone: ChainBlock): FlatLayer | undefined {
    const bytes = freshUndo.get(bytesToBareHex(gone.hash)) ?? store.getSync(flatUndoKey(gone.hash));
    if (bytes === undefined || !bytesEqual(flat.status.root, gone.block.header.stateRoot)) return undefined;
    return decodeUndo(bytes, gone.block.header.number);
  }

  function giveUp(why: string): ReturnType<FlatSnapshot['move']> {
    database.flat = undefined;
    reason = why;
    if (!isStopped) start();
    return { operations: [{ type: 'delete', key: flatStatusKey }], settle: () => undefined };
  }

  function move(removed: readonly ChainBlock[], added: readonly ChainBlock[]): ReturnType<FlatSnapshot['move']> {
    const { flat } = database;
    if (flat === undefined) return { operations: [], settle: () => undefined };
    const operations: StoreOperation[] = [];
    const layers: FlatLayer[] = [];
    const undoNames: string[] = [];
    for (const gone of removed) {
      const before = parentRoot(gone);
      if (before !== undefined && bytesEqual(before, gone.block.header.stateRoot)) continue;
      const layer = undoing(flat, gone);
      if (layer === undefined) return giveUp('a block cannot be undone in it');
      operations.push(...flat.advance(layer), { type: 'delete', key: flatUndoKey(gone.hash) });
      layers.push(layer);
    }
    for (const block of added) {
      const { stateRoot, number } = block.block.header;
      if (!bytesEqual(stateRoot, flat.status.root)) {
        const layer = flat.executedLayer(flat.status.root, stateRoot);
        if (layer === undefined) return giveUp('what a block changed is not at hand');
        operations.push(...flat.advance(layer));
        layers.push(layer);
        const value = options.keepsUndo ? encodeUndo(layer) : undefined;
        if (value !== undefined) {
          operations.push({ type: 'put', key: flatUndoKey(block.hash), value });
          undoNames.push(bytesToBareHex(block.hash));
          freshUndo.set(bytesToBareHex(block.hash), value);
        }
      }
      const old = options.keepsUndo && number > undoKept ? options.canonicalHash(number - undoKept) : undefined;
      if (old !== undefined) operations.push({ type: 'delete', key: flatUndoKey(old) });
    }
    operations.push(statusOperation(flat));
    return {
      operations,
      settle: () => {
        for (const layer of layers) flat.settle(layer);
        for (const name of undoNames) freshUndo.delete(name);
      },
    };
  }

  /** Removes all entries of the snapshot, a part at a time. */
  async function wipe(): Promise<void> {
    for (const prefix of [accountPrefix, slotPrefix]) {
      for (;;) {
        const operations: StoreOperation[] = [];
        const range = { gte: Uint8Array.of(prefix), lt: Uint8Array.of(prefix + 1), limit: partSize };
        for await (const [key] of store.iterate(range)) operations.push({ type: 'delete', key });
        if (operations.length > 0 && !isStopped) await writes.write(operations);
        if (operations.length < partSize || isStopped) break;
      }
    }
  }

  async function make(): Promise<void> {
    if (database.flat === undefined) {
      logger.log('info', 'Making the flat snapshot of the state', { reason });
      await writes.write([{ type: 'delete', key: flatStatusKey }]);
      await wipe();
      if (isStopped) return;
      database.flat = createState({ root: options.tip().block.header.stateRoot, marker: firstMarker });
      reason = undefined;
    }
    let accounts = 0;
    let told = 0;
    for (let { flat } = database; flat?.status.marker !== undefined && !isStopped; { flat } = database) {
      const { root, marker } = flat.status;
      if (marker === undefined) break;
      // Made and queued without a pause, so that no block can come in between.
      const part = makeFlatPart(database.readNode, root, marker, options.tip().block.header.number, partSize);
      flat.addPart(part);
      await writes.write([...part.operations, statusOperation(flat)]);
      flat.settlePart();
      accounts += part.accounts;
      if (accounts - told >= progressEvery) {
        told = accounts;
        const percent = part.marker === undefined ? 100 : Math.floor(((part.marker.account[0] as number) / 256) * 100);
        logger.log('info', 'Making the flat snapshot of the state', { accounts, percent });
      }
      if (part.marker === undefined) logger.log('info', 'The flat snapshot of the state is whole', { accounts });
    }
    // A reorganisation beyond what can be undone came in between.
    if (reason !== undefined && !isStopped) await make();
  }

  function start(): void {
    isStopped = false;
    if (making !== undefined || (reason === undefined && database.flat?.status.marker === undefined)) return;
    making = make()
      .catch((error: unknown) => {
        database.flat = undefined;
        logger.log('warn', 'The flat snapshot cannot be made; the tries are read instead', { error: String(error) });
      })
      .finally(() => {
        making = undefined;
      });
  }

  open();
  return {
    move,
    start,
    async stop() {
      isStopped = true;
      await making;
    },
    idle: async () => making,
  };
}
