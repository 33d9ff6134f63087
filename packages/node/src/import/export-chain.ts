import { encodeBlock } from '@isoquorum/primitives/block';
import type { ChainReader } from '../chain/chain.ts';
import { storeDamaged } from '../chain/errors.ts';

/** What `geth export` writes: the RLPs of the canonical blocks from `first` to `last`, one after the other. */
export function* exportChain(
  chain: ChainReader,
  first = 0,
  last: number = chain.headNumber(),
): Generator<Uint8Array, void, undefined> {
  for (let number = first; number <= last; number++) {
    const found = chain.blockByNumber(number);
    if (found === undefined) throw storeDamaged('a canonical block is missing', { number });
    yield encodeBlock(found.block);
  }
}
