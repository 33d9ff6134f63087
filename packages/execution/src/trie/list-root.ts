import type { Hash32 } from '@isoquorum/primitives/bytes';
import { encodeRlp, numberToRlp } from '@isoquorum/primitives/rlp';
import { Trie } from './trie.ts';

const discard = (): void => {};

/** Root of the trie that maps rlp(index) to each item: the transactions root and the receipts root of a block. */
export function listRoot(items: readonly Uint8Array[]): Hash32 {
  const trie = new Trie();
  for (let index = 0; index < items.length; index++) {
    trie.put(encodeRlp(numberToRlp(index)), items[index] as Uint8Array);
  }
  return trie.commit(discard);
}
