import { type ConfChange, confChangeOf } from '@isoquorum/consensus/raft/conf-change';
import { entriesSize } from '@isoquorum/consensus/raft/entry-size';
import type { ConfState, RaftEntry, RaftSnapshot } from '@isoquorum/consensus/raft/types';
import { type Block, blockHash, decodeBlock } from '@isoquorum/primitives/block';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { decodeHeader } from '@isoquorum/primitives/header';
import { bytesEqual, bytesToHex } from '@isoquorum/primitives/hex';
import { SYNC_PROTOCOL } from '@isoquorum/network/protocols';
import { decodeSyncAnswer, encodeSyncRequest } from '@isoquorum/network/wire/sync';
import type { ChainBlock } from '../chain/chain.ts';
import type { DriverParts } from '../consensus-driver/driver.ts';
import type { RaftLogStore } from './log-store.ts';
import { clusterStateOf, type Members } from './members.ts';
import type { Minter } from './minter.ts';

/** A snapshot is due earlier when the entries since the last are this large: the log is kept in memory. */
const bytesPerSnapshot = 32 * 1024 * 1024;
/** Kept behind a snapshot, for followers that are a little late: as many entries, and so many bytes. */
const bytesKept = 16 * 1024 * 1024;
/** Blocks whose writing is under way while the next one is executed. */
const writesUnderWayMax = 4;
const headRetryMs = 500;

/** Takes committed entries into the chain, one after the other, and makes snapshots of where it stands. */
export interface Applier {
  /** Calls `onDone` when the entries are carried out. */
  apply(entries: readonly RaftEntry[], onDone: () => void): void;
  /** A snapshot came in place of entries: its members, and its chain, which comes from peers. Resolves when the chain is there. */
  restore(snapshot: RaftSnapshot): Promise<void>;
  /** Entries go on only when this block is in the chain. */
  expect(headHash: Hash32): void;
  /** A block of our own, by the bytes that are proposed: it need not be read again. */
  keep(data: Uint8Array, block: ChainBlock): void;
  idle(): Promise<void>;
}

export interface ApplierOptions {
  readonly parts: DriverParts;
  readonly members: Members;
  readonly log: RaftLogStore;
  readonly minter: Minter;
  readonly snapshotEvery: number;
  /** An entry of this term is applied. */
  readonly onApplied: (term: number) => void;
  readonly onMembers: () => void;
  /** To the core; answers the members by then. */
  readonly applyConfChange: (change: ConfChange) => ConfState;
  /** Members as the core has them now. */
  readonly confState: () => ConfState;
  readonly isStopped: () => boolean;
}

/** Errors that every node has alike at this place of the log: the entry is void, and the log goes on. */
function isVoid(error: unknown): boolean {
  return isIsoquorumError(error) && error.reaction !== 'STOP' && error.reaction !== 'RETRY';
}

export function createApplier(options: ApplierOptions): Applier {
  const { parts, members, log, minter } = options;
  const { chain, importer, logger, clock, host } = parts;
  const own = new WeakMap<Uint8Array, ChainBlock>();
  let underWay: Promise<void>[] = [];
  let tail: Promise<void> = Promise.resolve();
  let expected: Hash32 | undefined;
  let isSnapshotDue = false;
  let bytesSince = 0;

  function inOrder(act: () => Promise<void>): void {
    tail = tail.then(act).catch((error: unknown) => {
      if (!options.isStopped()) parts.onFatal(error);
    });
  }

  /** The number of a block that some peer has. */
  async function findNumber(hash: Hash32): Promise<number | undefined> {
    const request = { type: 'headers', origin: hash, amount: 1, skip: 0, reverse: false } as const;
    for (const peer of host.peers().filter(({ role }) => role === 'node')) {
      try {
        const { answer } = decodeSyncAnswer(await host.request(peer.id, SYNC_PROTOCOL, encodeSyncRequest(request)));
        const [item] = answer.items;
        if (answer.type === 'headers' && item !== undefined) return decodeHeader(item).number;
      } catch (error) {
        logger.log('debug', 'A peer could not tell of a block', { peer: peer.id, reason: String(error) });
      }
    }
    return undefined;
  }

  /** Waits until the chain has come from peers as far as a snapshot says. */
  async function reachExpected(): Promise<void> {
    for (let isAsked = false; expected !== undefined && !options.isStopped(); isAsked = true) {
      if (chain.reader.isCanonical(expected)) {
        expected = undefined;
        return;
      }
      if (!isAsked) logger.log('info', 'The chain of a Raft snapshot comes from peers', { head: bytesToHex(expected) });
      const number = await findNumber(expected);
      if (number !== undefined) parts.onSyncHint(number);
      await new Promise<void>((resolve) => void clock.setTimer(headRetryMs, resolve));
    }
  }

  async function applyBlock(entry: RaftEntry): Promise<void> {
    const kept = own.get(entry.data);
    let block: Block;
    let hash: Hash32;
    try {
      block = kept?.block ?? decodeBlock(entry.data);
      hash = kept?.hash ?? blockHash(block);
    } catch (error) {
      if (!isVoid(error)) throw error;
      logger.log('error', 'An entry of the Raft log is no block', { index: entry.index, reason: String(error) });
      return;
    }
    if (chain.reader.isCanonical(hash) || bytesEqual(chain.tip().hash, hash)) return;
    const { number, parentHash } = block.header;
    const fields = { number, hash: bytesToHex(hash), index: entry.index };
    if (!bytesEqual(parentHash, chain.tip().hash)) {
      // InvalidRaftOrdering: somebody else's block came first.
      const isOurs = minter.unwind(hash);
      logger.log('info', 'A block of the log does not follow the head: dropped', { ...fields, isOurs });
      return;
    }
    try {
      const outcome = await importer.import(block);
      if (outcome.type === 'known') return;
      underWay.push(outcome.durable);
      if (underWay.length > writesUnderWayMax) await underWay.shift();
    } catch (error) {
      if (!isVoid(error)) throw error;
      minter.unwind(hash);
      logger.log('error', 'A block of the log is invalid: dropped', { ...fields, reason: String(error) });
    }
  }

  function applyChange(change: ConfChange): void {
    options.applyConfChange(change);
    if (!members.apply(change)) return;
    // Its data is what a new member learns of the others.
    isSnapshotDue = true;
    options.onMembers();
  }

  async function settleWrites(): Promise<void> {
    const waiting = underWay;
    underWay = [];
    await Promise.all(waiting);
  }

  /** The last entry that is not kept. */
  function compactTo(index: number): number {
    let at = index;
    for (let bytes = 0; at > log.memory.firstIndex() && index - at < options.snapshotEvery && bytes < bytesKept; at--) {
      const found = log.memory.entries(at, at + 1, Number.POSITIVE_INFINITY);
      bytes += found === 'compacted' ? bytesKept : entriesSize(found);
    }
    return at;
  }

  async function maybeSnapshot(last: RaftEntry): Promise<void> {
    const newest = log.memory.snapshot();
    const since = last.index - (newest === 'unavailable' ? 0 : newest.index);
    if (!isSnapshotDue && since < options.snapshotEvery && bytesSince < bytesPerSnapshot) return;
    isSnapshotDue = false;
    bytesSince = 0;
    await settleWrites();
    const data = members.encode(chain.tip().hash);
    const { index, term } = last;
    await log.saveSnapshot({ index, term, confState: options.confState(), data }, compactTo(index));
  }

  return {
    apply: (entries, onDone) =>
      inOrder(async () => {
        await reachExpected();
        for (const entry of entries) {
          if (options.isStopped()) return;
          bytesSince += entry.data.length;
          const change = confChangeOf(entry);
          if (change !== undefined) applyChange(change);
          else if (entry.type === 'EntryNormal' && entry.data.length > 0) await applyBlock(entry);
        }
        const last = entries.at(-1);
        if (last !== undefined) await maybeSnapshot(last);
        onDone();
        if (last !== undefined) options.onApplied(last.term);
      }),
    restore(snapshot) {
      const state = clusterStateOf(snapshot.data);
      members.load(state);
      options.onMembers();
      expected = state.headHash;
      return reachExpected();
    },
    expect(headHash) {
      expected = headHash;
    },
    keep: (data, block) => void own.set(data, block),
    async idle() {
      await tail;
      await settleWrites().catch(() => undefined);
    },
  };
}
