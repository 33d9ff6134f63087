import { type Genesis } from '@isoquorum/primitives/genesis/genesis';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { Header } from '@isoquorum/primitives/header';
import type { Receipt } from '@isoquorum/primitives/receipt';
import type { StateDatabase } from '@isoquorum/execution/state/database';
import type { Logger } from '@isoquorum/platform/logger';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { privateDigestsOf } from '../private/private-digests.ts';
import type { BlockStore } from './block-store.ts';
import type { ChainBlock, ChainEvent, ChainReader } from './chain.ts';
import { unknownBlock } from './errors.ts';
import type { ForkChoice, ForkVerdict } from './fork-choice.ts';
import type { FlatSnapshot } from './flat-snapshot.ts';
import { headKey } from './keys.ts';
import type { Pruner } from './pruner.ts';
import { createPrivateStore, type PrivateStore } from './private-store.ts';
import { createChainReader } from './reader.ts';
import type { SideBlocks } from './side-blocks.ts';
import type { WriteQueue } from './write-queue.ts';

/** A block whose public transition has been carried out; kept so that it is never executed twice. */
export interface CommitInput {
  readonly hash: Hash32;
  readonly block: ChainBlock['block'];
  readonly receipts: readonly Receipt[];
  /** Trie nodes, codes and preimages. */
  readonly operations: readonly StoreOperation[];
}

/** The chain with its two kinds of head. One writer: the importer for the public head, the follower for the private ones. */
export interface Blockchain {
  readonly reader: ChainReader;
  readonly privates: PrivateStore;
  readonly blocks: BlockStore;
  readonly store: Store;
  readonly writes: WriteQueue;
  /** The newest block given to `commit`; it may not be durable yet. `reader.head()` is. */
  tip(): ChainBlock;
  /** What becomes of a block whose parent is stored. @throws CHAIN_CONFLICT when fork choice refuses it */
  checkFork(block: ChainBlock): Exclude<ForkVerdict, 'refuse'>;
  /**
   * Stores an executed block, and makes it the head unless fork choice leaves it beside, in one batch; resolves when that is
   * durable and listeners have been told. Blocks may be given while earlier ones are still being written. @throws CHAIN_CONFLICT when fork choice refuses
   */
  commit(input: CommitInput): Promise<void>;
  /** Hash of the ancestor with that number of a block whose parent is given; for BLOCKHASH. */
  ancestorHash(parent: { readonly hash: Hash32; readonly header: Header }, number: number): Hash32 | undefined;
  emit(event: ChainEvent): void;
}

export interface BlockchainOptions {
  readonly genesis: Genesis;
  readonly genesisHash: Hash32;
  readonly store: Store;
  readonly blocks: BlockStore;
  readonly writes: WriteQueue;
  readonly head: ChainBlock;
  readonly privateStates: readonly string[];
  readonly restingStates: readonly string[];
  readonly forkChoice: ForkChoice;
  readonly sides: SideBlocks;
  readonly logger: Logger;
  readonly database: StateDatabase;
  readonly snapshot: FlatSnapshot;
  readonly pruner: Pruner;
}

/** The chain over an opened store; see `open-chain.ts` for the way from an empty disk. */
export function createBlockchain(options: BlockchainOptions): Blockchain {
  const { blocks, writes, store } = options;
  const listeners = new Set<(event: ChainEvent) => void>();
  let head = options.head;
  let tip = options.head;

  function emit(event: ChainEvent): void {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        // Whoever listens must not stop the chain.
        options.logger.log('error', 'A listener of the chain failed', { event: event.type, reason: String(error) });
      }
    }
  }

  const privates = createPrivateStore({ ...options, emit, publicHead: () => head });

  function mustHave(hash: Hash32): ChainBlock {
    const found = blocks.block(hash);
    if (found === undefined) throw unknownBlock(hash);
    return found;
  }

  /** Canonical blocks to give up (newest first) and blocks to take in (oldest first) so that `target` is the tip. */
  function path(target: ChainBlock): { removed: ChainBlock[]; added: ChainBlock[] } {
    const removed: ChainBlock[] = [];
    const added: ChainBlock[] = [];
    let old = tip;
    let next = target;
    while (!bytesEqual(old.hash, next.hash)) {
      const oldNumber = old.block.header.number;
      const nextNumber = next.block.header.number;
      if (oldNumber >= nextNumber) {
        removed.push(old);
        old = mustHave(old.block.header.parentHash);
      }
      if (nextNumber >= oldNumber) {
        added.unshift(next);
        next = mustHave(next.block.header.parentHash);
      }
    }
    return { removed, added };
  }

  function totalDifficulty({ hash, block: { header } }: ChainBlock): bigint {
    const known = blocks.totalDifficulty(hash);
    if (known !== undefined) return known;
    const parent = blocks.totalDifficulty(header.parentHash);
    if (parent === undefined) throw unknownBlock(header.parentHash);
    return parent + header.difficulty;
  }

  function checkFork(block: ChainBlock): 'head' | 'side' {
    const { parentHash, number } = block.block.header;
    if (bytesEqual(parentHash, tip.hash)) return 'head';
    const verdict = options.forkChoice(tip, block, totalDifficulty);
    if (verdict !== 'refuse') return verdict;
    const headNumber = tip.block.header.number;
    throw new IsoquorumError('CHAIN_CONFLICT', `block ${number} does not follow the head`, { number, headNumber });
  }

  async function commit(input: CommitInput): Promise<void> {
    const block: ChainBlock = { hash: input.hash, block: input.block };
    const extendsTip = bytesEqual(input.block.header.parentHash, tip.hash);
    const verdict = checkFork(block);
    const operations: StoreOperation[] = [...input.operations];
    blocks.putBlock(block, input.receipts, operations);
    if (verdict === 'side') {
      options.sides.add(block, operations);
      options.pruner.note(operations);
      await writes.write(operations);
      options.database.settle(input.operations);
      return;
    }
    const { removed, added } = extendsTip ? { removed: [], added: [block] } : path(block);
    for (const gone of removed) {
      blocks.deleteCanonical(gone, operations);
      options.sides.add(gone, operations);
    }
    if (removed.length > 0)
      operations.push(...privates.retreat((removed.at(-1) as ChainBlock).block.header.number - 1));
    for (const one of added) {
      blocks.putCanonical(one, operations);
      options.sides.remove(one, operations);
    }
    const hasPrivate = privateDigestsOf(options.genesis.config, block.block).length > 0;
    const accompanied = extendsTip && !hasPrivate ? privates.accompany(block) : undefined;
    if (accompanied !== undefined) operations.push(...accompanied.operations);
    operations.push({ type: 'put', key: headKey, value: block.hash });
    const flat = options.snapshot.move(removed, added);
    operations.push(...flat.operations);
    options.pruner.note(operations);
    tip = block;
    await writes.write(operations);
    head = block;
    const moved = accompanied?.arrive() ?? [];
    blocks.settle([...removed, ...added]);
    options.database.settle(input.operations);
    flat.settle();
    emit({ type: 'head', head, added, removed });
    for (const event of moved) emit(event);
    options.pruner.headMoved();
  }

  function ancestorHash(parent: { hash: Hash32; header: Header }, number: number): Hash32 | undefined {
    if (number < 0 || number > parent.header.number) return undefined;
    let { hash, header } = parent;
    while (header.number > number) {
      const canonical = blocks.canonicalHash(header.number);
      if (canonical !== undefined && bytesEqual(canonical, hash)) return blocks.canonicalHash(number);
      hash = header.parentHash;
      const next = blocks.header(hash);
      if (next === undefined) return undefined;
      header = next;
    }
    return hash;
  }

  const reader = createChainReader({
    genesis: options.genesis,
    genesisHash: options.genesisHash,
    blocks,
    privates,
    head: () => head,
    keptFrom: () => options.pruner.keptFrom(),
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  });

  return { reader, privates, blocks, store, writes, tip: () => tip, checkFork, commit, ancestorHash, emit };
}
