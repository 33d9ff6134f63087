import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { type Transaction, transactionHash } from '@isoquorum/primitives/transaction/transaction';
import type { ChainBlock } from '../chain/chain.ts';

/**
 * Blocks that this minter made and that are not in the chain yet: the next one is built on the last of them, without waiting for the log
 * (goquorum.md 8.2).
 */
export interface SpeculativeChain {
  /** The block to build on; undefined: the chain's own head. */
  head(): ChainBlock | undefined;
  /** Blocks that wait for the log, oldest first. */
  unapplied(): readonly ChainBlock[];
  /** In a block that waits. */
  isProposed(transactionHash: Hash32): boolean;
  proposedCount(): number;
  extend(block: ChainBlock): void;
  /** The chain has a new head. When it is not the oldest of ours, somebody else's block came in between: all of ours are void. */
  accept(hash: Hash32): void;
  /**
   * The log had the block where it does not follow the chain (`InvalidRaftOrdering`), or it was never proposed: it and what was built on it are void, and
   * their transactions may be taken again. Answers false when it is not one of ours.
   */
  unwindFrom(hash: Hash32): boolean;
  clear(): void;
}

export function createSpeculativeChain(): SpeculativeChain {
  let blocks: ChainBlock[] = [];
  const proposed = new Set<string>();
  const keyOf = (hash: Hash32): string => bytesToBareHex(hash);

  function forget(gone: readonly ChainBlock[]): void {
    const all = (list: readonly Transaction[]): string[] => list.map((one) => keyOf(transactionHash(one)));
    for (const { block } of gone) for (const key of all(block.transactions)) proposed.delete(key);
  }

  function clear(): void {
    blocks = [];
    proposed.clear();
  }

  return {
    head: () => blocks.at(-1),
    unapplied: () => blocks,
    isProposed: (hash) => proposed.has(keyOf(hash)),
    proposedCount: () => proposed.size,
    extend(block) {
      blocks.push(block);
      for (const transaction of block.block.transactions) proposed.add(keyOf(transactionHash(transaction)));
    },
    accept(hash) {
      const first = blocks[0];
      if (first === undefined) return;
      if (keyOf(first.hash) !== keyOf(hash)) {
        clear();
        return;
      }
      blocks = blocks.slice(1);
      forget([first]);
    },
    unwindFrom(hash) {
      const at = blocks.findIndex((block) => keyOf(block.hash) === keyOf(hash));
      if (at < 0) return false;
      forget(blocks.slice(at));
      blocks = blocks.slice(0, at);
      return true;
    },
    clear,
  };
}
