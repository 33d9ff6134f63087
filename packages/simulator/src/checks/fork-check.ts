import type { RunningNode } from '@isoquorum/node/create-node';
import { bytesToBareHex } from '@isoquorum/primitives/hex';

/** How many of the newest blocks may differ where blocks are not final. */
const forkDepth = 6;

/** Where blocks are not final, chains part for a while, but must have come together. Answers what is wrong. */
export function findFork(nodes: readonly RunningNode[], lowest: number): string | undefined {
  const number = lowest - forkDepth;
  if (number <= 0) return undefined;
  const hashes = new Set(
    nodes.flatMap(({ context }) => {
      const hash = context.chain.hashByNumber(number);
      return hash === undefined ? [] : [bytesToBareHex(hash)];
    }),
  );
  return hashes.size > 1 ? `${hashes.size} different blocks ${number}, ${forkDepth} below the lowest head` : undefined;
}
