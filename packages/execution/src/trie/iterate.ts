import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { decodeNode } from './decode-node.ts';
import { TrieNodeMissingError } from './errors.ts';
import { BRANCH, childAt, EXTENSION, LEAF, type TrieNode, UNLOADED } from './node.ts';
import type { NodeReader } from './trie.ts';

function nibblesToKey(nibbles: readonly number[]): Uint8Array {
  const key = new Uint8Array(nibbles.length >> 1);
  for (let index = 0; index < key.length; index++) {
    key[index] = ((nibbles[2 * index] as number) << 4) | (nibbles[2 * index + 1] as number);
  }
  return key;
}

function* walk(
  read: NodeReader,
  node: TrieNode,
  path: number[],
  start: readonly number[],
): Generator<readonly [Uint8Array, Uint8Array]> {
  if (node.kind === UNLOADED) {
    const encoded = read(node.reference);
    if (encoded === undefined) throw new TrieNodeMissingError(node.reference, path);
    yield* walk(read, decodeNode(encoded, node.reference), path, start);
  } else if (node.kind === BRANCH) {
    if (node.value !== undefined && start.length === 0) yield [nibblesToKey(path), node.value];
    const first = start[0] ?? 0;
    for (let index = first; index < 16; index++) {
      const child = childAt(node, index);
      if (child === undefined) continue;
      path.push(index);
      yield* walk(read, child, path, index === first ? start.slice(1) : []);
      path.pop();
    }
  } else {
    const order = comparePath(node.path, start);
    if (order < 0) return;
    const length = path.length;
    path.push(...node.path);
    if (node.kind === LEAF) yield [nibblesToKey(path), node.value];
    else if (node.kind === EXTENSION)
      yield* walk(read, node.child, path, order > 0 ? [] : start.slice(node.path.length));
    path.length = length;
  }
}

/** Negative when every key below `path` is smaller than `start`, positive when every one is greater. */
function comparePath(path: Uint8Array, start: readonly number[]): number {
  const limit = Math.min(path.length, start.length);
  for (let index = 0; index < limit; index++) {
    const difference = (path[index] as number) - (start[index] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * The leaves of a trie in the order of their keys (hashed keys, in a state trie), from `start` on.
 * @throws TRIE_NODE_MISSING, TRIE_NODE_INVALID
 */
export function iterateTrie(
  read: NodeReader,
  root: Hash32,
  start: Uint8Array = new Uint8Array(0),
): Generator<readonly [key: Uint8Array, value: Uint8Array]> {
  if (bytesEqual(root, emptyTrieRoot)) return emptyIteration();
  const nibbles: number[] = [];
  for (const byte of start) nibbles.push(byte >> 4, byte & 15);
  return walk(read, { kind: UNLOADED, reference: root }, [], nibbles);
}

function* emptyIteration(): Generator<readonly [Uint8Array, Uint8Array]> {}
