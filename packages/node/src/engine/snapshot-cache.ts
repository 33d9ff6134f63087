import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { Header } from '@isoquorum/primitives/header';
import type { Blockchain } from '../chain/blockchain.ts';
import { unknownBlock } from '../chain/errors.ts';
import { snapshotKey } from '../chain/keys.ts';
import { createLru } from '../chain/lru.ts';
import type { HashedHeader } from './engine.ts';

/** Snapshots of blocks of these numbers are stored, so that a restart need not replay votes from the genesis. */
const storeEvery = 1024;

/** How an engine makes snapshots. */
export interface SnapshotKind<S> {
  /** Where it can begin without an ancestor: at the genesis block, or wherever else the block itself says who decides. */
  base(block: HashedHeader): S | undefined;
  next(snapshot: S, block: HashedHeader): S;
  toJson(snapshot: S): unknown;
  fromJson(json: unknown): S;
}

/** Snapshots after blocks: from memory, from the store, or replayed from the nearest ancestor that has one. @throws UNKNOWN_BLOCK */
export function createSnapshotCache<S>(chain: Blockchain, kind: SnapshotKind<S>): (block: HashedHeader) => S {
  const recent = createLru<S>(1024);

  function stored(block: HashedHeader): S | undefined {
    if (block.header.number % storeEvery !== 0) return undefined;
    const bytes = chain.store.getSync(snapshotKey(block.hash));
    return bytes && kind.fromJson(JSON.parse(bytesToUtf8(bytes, 'snapshot')));
  }

  function keep(block: HashedHeader, snapshot: S): void {
    recent.set(block.hash, snapshot);
    if (block.header.number % storeEvery !== 0 || block.header.number === 0) return;
    const value = utf8ToBytes(JSON.stringify(kind.toJson(snapshot)));
    // A snapshot can be made again; a failed write shows in the queue, which stops the node.
    chain.writes.write([{ type: 'put', key: snapshotKey(block.hash), value }]).catch(() => undefined);
  }

  function parentOf(header: Header): HashedHeader {
    const hash: Hash32 = header.parentHash;
    const parent = chain.blocks.header(hash);
    if (parent === undefined) throw unknownBlock(hash);
    return { hash, header: parent };
  }

  return (block) => {
    const ahead: HashedHeader[] = [];
    let at = block;
    let snapshot = recent.get(at.hash) ?? stored(at) ?? kind.base(at);
    while (snapshot === undefined) {
      ahead.push(at);
      at = parentOf(at.header);
      snapshot = recent.get(at.hash) ?? stored(at) ?? kind.base(at);
    }
    recent.set(at.hash, snapshot);
    for (const next of ahead.toReversed()) {
      snapshot = kind.next(snapshot, next);
      keep(next, snapshot);
    }
    return snapshot;
  };
}
