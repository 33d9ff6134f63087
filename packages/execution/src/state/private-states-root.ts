import type { Hash32 } from '@isoquorum/primitives/bytes';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { Trie } from '../trie/trie.ts';

/**
 * Root of GoQuorum's trie of private states (goquorum.md 5.1): the hash of the private state identifier's bytes leads to the 32 bytes of that state's
 * root, as they are.
 */
export function privateStatesRoot(roots: Iterable<readonly [psi: string, root: Hash32]>): Hash32 {
  const trie = new Trie();
  for (const [psi, root] of roots) trie.put(keccak256(utf8ToBytes(psi)), root);
  return trie.commit(() => undefined);
}
