import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { decodeNode } from '../../trie/decode-node.ts';
import { TrieNodeMissingError } from '../../trie/errors.ts';
import { BRANCH, childAt, EXTENSION, LEAF, type TrieNode, UNLOADED } from '../../trie/node.ts';
import type { NodeReader } from '../../trie/trie.ts';
import { decodeAccount } from '../account.ts';
import type { HashSet } from './hash-set.ts';

/** What a trie's leaves are: accounts, whose storage has to be marked as well, or values without more below. */
export type LeafKind = 'account' | 'value';

/**
 * Marks every node that can be reached from a root. What is marked already is not gone into: it was, or will be, with all
 * below it. Pauses (yields) after each node that was read, so that the caller can let others work.
 * @throws TRIE_NODE_MISSING, TRIE_NODE_INVALID
 */
export function* markReachable(
  read: NodeReader,
  root: Hash32,
  leaves: LeafKind,
  marked: HashSet,
): Generator<undefined, void, undefined> {
  if (bytesEqual(root, emptyTrieRoot)) return;
  const waiting: { readonly node: TrieNode; readonly leaves: LeafKind }[] = [
    { node: { kind: UNLOADED, reference: root }, leaves },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    let { node } = next;
    if (node.kind === UNLOADED) {
      if (!marked.add(node.reference)) continue;
      const encoded = read(node.reference);
      if (encoded === undefined) throw new TrieNodeMissingError(node.reference, []);
      node = decodeNode(encoded, node.reference);
      yield;
    }
    if (node.kind === EXTENSION) waiting.push({ node: node.child, leaves: next.leaves });
    else if (node.kind === BRANCH) {
      for (let index = 0; index < 16; index++) {
        const child = childAt(node, index);
        if (child !== undefined) waiting.push({ node: child, leaves: next.leaves });
      }
    } else if (node.kind === LEAF && next.leaves === 'account') {
      const { storageRoot } = decodeAccount(node.value);
      if (!bytesEqual(storageRoot, emptyTrieRoot))
        waiting.push({ node: { kind: UNLOADED, reference: storageRoot }, leaves: 'value' });
    }
  }
}
