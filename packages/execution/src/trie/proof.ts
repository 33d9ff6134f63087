import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { decodeNode } from './decode-node.ts';
import { trieNodeInvalid } from './errors.ts';
import { BRANCH, childAt, EXTENSION, LEAF, type TrieNode, UNLOADED } from './node.ts';
import { keyToNibbles, type NodeReader } from './trie.ts';

function isPrefixAt(path: Uint8Array, nibbles: Uint8Array, position: number): boolean {
  return path.every((nibble, index) => nibble === nibbles[position + index]);
}

/**
 * The RLP of every hashed node from the root towards `key`, root first; empty for an empty trie. Also proves absence.
 * When a node is not at hand the proof ends before it, and `missing` is its hash.
 */
export function createProof(
  read: NodeReader,
  root: Hash32,
  key: Uint8Array,
): { nodes: Uint8Array[]; missing: Hash32 | undefined } {
  const nodes: Uint8Array[] = [];
  if (bytesEqual(root, emptyTrieRoot)) return { nodes, missing: undefined };
  const nibbles = keyToNibbles(key);
  let position = 0;
  let node: TrieNode | undefined = { kind: UNLOADED, reference: root };
  while (node !== undefined) {
    if (node.kind === UNLOADED) {
      const encoded = read(node.reference);
      if (encoded === undefined) return { nodes, missing: node.reference };
      nodes.push(encoded);
      node = decodeNode(encoded, node.reference);
    } else if (node.kind === BRANCH) {
      node = position === nibbles.length ? undefined : childAt(node, nibbles[position++] as number);
    } else if (node.kind === EXTENSION) {
      const isOnPath: boolean = isPrefixAt(node.path, nibbles, position);
      position += node.path.length;
      node = isOnPath ? node.child : undefined;
    } else break;
  }
  return { nodes, missing: undefined };
}

/**
 * The value that a proof shows under `key` in the trie with this root; `undefined` when it proves absence.
 * @throws TRIE_NODE_INVALID when the nodes do not hash to what refers to them, or the proof ends early
 */
export function verifyProof(root: Hash32, key: Uint8Array, nodes: readonly Uint8Array[]): Uint8Array | undefined {
  if (bytesEqual(root, emptyTrieRoot)) return undefined;
  const nibbles = keyToNibbles(key);
  let position = 0;
  let used = 0;
  let node: TrieNode | undefined = { kind: UNLOADED, reference: root };
  while (node !== undefined) {
    if (node.kind === UNLOADED) {
      const encoded = nodes[used++];
      if (encoded === undefined) throw trieNodeInvalid(node.reference, 'proof ends early');
      if (!bytesEqual(keccak256(encoded), node.reference)) throw trieNodeInvalid(node.reference, 'hash differs');
      node = decodeNode(encoded, node.reference);
    } else if (node.kind === BRANCH) {
      if (position === nibbles.length) return node.value;
      node = childAt(node, nibbles[position++] as number);
    } else {
      if (!isPrefixAt(node.path, nibbles, position)) return undefined;
      position += node.path.length;
      if (node.kind === LEAF) return position === nibbles.length ? node.value : undefined;
      node = node.child;
    }
  }
  return undefined;
}
