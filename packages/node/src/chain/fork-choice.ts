import { selectEngine } from '@isoquorum/primitives/genesis/bft-config';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { compareBytes } from '@isoquorum/primitives/hex';
import type { ChainBlock } from './chain.ts';

/**
 * What becomes of a block that does not follow the head: it takes the head's place with its ancestors, it is kept beside the
 * canonical chain, or it is refused.
 */
export type ForkVerdict = 'head' | 'side' | 'refuse';

/** @param totalDifficulty of a block whose parent is stored */
export type ForkChoice = (
  current: ChainBlock,
  candidate: ChainBlock,
  totalDifficulty: (block: ChainBlock) => bigint,
) => ForkVerdict;

/** BFT blocks are final; the order of Raft's log is final too, and what does not follow the head is dropped (goquorum.md 8.3). */
export const noForks: ForkChoice = () => 'refuse';

/**
 * Clique: the greater sum of difficulties, then the lower number. Where both are equal the original keeps one by chance; here
 * the smaller hash wins, so that a network split over two equal blocks agrees as soon as everybody has seen both.
 */
export const byTotalDifficulty: ForkChoice = (current, candidate, totalDifficulty) => {
  const ours = totalDifficulty(current);
  const theirs = totalDifficulty(candidate);
  if (theirs !== ours) return theirs > ours ? 'head' : 'side';
  const { number } = candidate.block.header;
  const ourNumber = current.block.header.number;
  if (number !== ourNumber) return number < ourNumber ? 'head' : 'side';
  return compareBytes(candidate.hash, current.hash) < 0 ? 'head' : 'side';
};

/** The fork choice of a chain's engine (decision 4). */
export function forkChoiceOf(config: ChainConfig): ForkChoice {
  return selectEngine(config) === 'clique' ? byTotalDifficulty : noForks;
}
