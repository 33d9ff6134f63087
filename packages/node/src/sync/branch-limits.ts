import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import type { Header } from '@isoquorum/primitives/header';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import type { ChainBlock, ChainReader } from '../chain/chain.ts';
import { byTotalDifficulty } from '../chain/fork-choice.ts';

/** How much is taken beside the chain. */
export interface BranchBounds {
  /** Blocks of one signer and one number that are taken from peers. */
  readonly blocksPerSigner: number;
  /** How far below the head a branch may begin that does not take the head's place. */
  readonly lightDepth: number;
}

/** A correct signer makes one block of each number, and another when its head changes. */
const defaultBounds: BranchBounds = {
  blocksPerSigner: 4,
  lightDepth: 1_024,
};

/** A header with its hash, of a block that we lack. */
export interface BranchHeader {
  readonly header: Header;
  readonly hash: Hash32;
}

/**
 * What peers may bring beside the canonical chain, where the engine leaves it for others: every block of it is executed and kept, and a single signer can
 * make as many siblings of a block as it likes. A branch that takes the head's place is always wanted: whatever was not taken before comes with it.
 */
export interface BranchLimits {
  /** @param branch headers that follow each other, the first on a block of ours */
  isWanted(branch: readonly BranchHeader[]): boolean;
  /** The block was taken. */
  note(header: Header): void;
}

/** @param author who sealed. @throws coded errors when nobody can have */
export function createBranchLimits(
  chain: ChainReader,
  author: (header: Header) => Address,
  { blocksPerSigner, lightDepth }: BranchBounds = defaultBounds,
): BranchLimits {
  /** How many were taken, by number, then signer. */
  const taken = new Map<number, Map<string, number>>();

  function signerOf(header: Header): string | undefined {
    try {
      return bytesToBareHex(author(header));
    } catch (error) {
      // Whoever imports it says what is wrong.
      if (isIsoquorumError(error)) return undefined;
      throw error;
    }
  }

  function isFewEnough({ header }: BranchHeader): boolean {
    if (header.number + lightDepth < chain.headNumber()) return false;
    const signer = signerOf(header);
    return signer === undefined || (taken.get(header.number)?.get(signer) ?? 0) < blocksPerSigner;
  }

  function takesTheHead(branch: readonly BranchHeader[]): boolean {
    const head = chain.head();
    const [first, last] = [branch[0], branch.at(-1)];
    const below = first && chain.totalDifficulty(first.header.parentHash);
    const ours = chain.totalDifficulty(head.hash);
    if (last === undefined || below === undefined || ours === undefined) return true;
    const theirs = branch.reduce((sum, { header }) => sum + header.difficulty, below);
    // Of equal weight: a signer could look for lower and lower hashes; together with others it is no sibling any more.
    if (theirs === ours && branch.length === 1) return false;
    const candidate: ChainBlock = { hash: last.hash, block: { header: last.header, transactions: [], uncles: [] } };
    return byTotalDifficulty(head, candidate, (block) => (block === candidate ? theirs : ours)) === 'head';
  }

  return {
    isWanted: (branch) => takesTheHead(branch) || branch.every(isFewEnough),
    note(header) {
      for (const number of taken.keys()) if (number + lightDepth < chain.headNumber()) taken.delete(number);
      const signer = signerOf(header);
      if (signer === undefined) return;
      const counts = taken.get(header.number) ?? new Map<string, number>();
      taken.set(header.number, counts.set(signer, (counts.get(signer) ?? 0) + 1));
    },
  };
}
