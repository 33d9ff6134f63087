import type { Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToHex } from '@isoquorum/primitives/hex';

/** A node that the trie refers to is not at hand; `path` are the nibbles from the root to it, as hex digits. */
export type TrieNodeMissingFields = {
  readonly hash: string;
  readonly path: string;
};

/** Thrown by every trie operation that meets a hash whose node its reader does not have. */
export class TrieNodeMissingError extends IsoquorumError<'TRIE_NODE_MISSING', TrieNodeMissingFields> {
  readonly hash: Hash32;

  constructor(hash: Hash32, path: readonly number[]) {
    const digits = path.map((nibble) => nibble.toString(16)).join('');
    super(
      'TRIE_NODE_MISSING',
      `missing trie node ${bytesToHex(hash)} (path ${digits})`,
      { hash: bytesToHex(hash), path: digits },
      'RETRY',
    );
    this.hash = hash;
  }
}

/** Bytes under a node's hash are not a trie node: a broken store, or a witness that was not checked. */
export function trieNodeInvalid(hash: Hash32 | undefined, reason: string): IsoquorumError {
  return new IsoquorumError(
    'TRIE_NODE_INVALID',
    `invalid trie node: ${reason}`,
    { hash: hash === undefined ? undefined : bytesToHex(hash), reason },
    'REJECT',
  );
}
