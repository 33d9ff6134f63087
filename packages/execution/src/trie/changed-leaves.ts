import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual, bytesToBareHex } from '@isoquorum/primitives/hex';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { decodeNode } from './decode-node.ts';
import { TrieNodeMissingError } from './errors.ts';
import { BRANCH, childAt, EXTENSION, LEAF, type TrieNode, UNLOADED } from './node.ts';
import type { NodeReader } from './trie.ts';

type Loaded = Exclude<TrieNode, { readonly kind: typeof UNLOADED }>;
/** A leaf, or nothing: two nodes were looked at. */
type Step = readonly [nibbles: readonly number[], value: Uint8Array] | undefined;

function isSame(left: TrieNode | undefined, right: TrieNode | undefined): boolean {
  if (left === right) return true;
  const [first, second] = [left?.reference, right?.reference];
  return first !== undefined && second !== undefined && bytesEqual(first, second);
}

class Comparison {
  private readonly read: NodeReader;

  constructor(read: NodeReader) {
    this.read = read;
  }

  private load(node: TrieNode, path: readonly number[]): Loaded {
    if (node.kind !== UNLOADED) return node;
    const encoded = this.read(node.reference);
    if (encoded === undefined) throw new TrieNodeMissingError(node.reference, [...path]);
    return this.load(decodeNode(encoded, node.reference), path);
  }

  *leaves(node: TrieNode | undefined, path: readonly number[]): Generator<Step> {
    if (node === undefined) return;
    const loaded = this.load(node, path);
    yield undefined;
    if (loaded.kind === LEAF) yield [[...path, ...loaded.path], loaded.value];
    else if (loaded.kind === EXTENSION) yield* this.leaves(loaded.child, [...path, ...loaded.path]);
    else for (let index = 0; index < 16; index++) yield* this.leaves(childAt(loaded, index), [...path, index]);
  }

  /** Leaves of `after` that `before` does not have. Parts with equal hashes are not read. */
  *changed(before: TrieNode | undefined, after: TrieNode | undefined, path: readonly number[]): Generator<Step> {
    if (after === undefined || isSame(before, after)) return;
    if (before === undefined) {
      yield* this.leaves(after, path);
      return;
    }
    const [old, current] = [this.load(before, path), this.load(after, path)];
    yield undefined;
    if (old.kind === BRANCH && current.kind === BRANCH) {
      for (let index = 0; index < 16; index++)
        yield* this.changed(childAt(old, index), childAt(current, index), [...path, index]);
      return;
    }
    if (old.kind === EXTENSION && current.kind === EXTENSION && bytesEqual(old.path, current.path)) {
      yield* this.changed(old.child, current.child, [...path, ...current.path]);
      return;
    }
    const known = new Map<string, Uint8Array>();
    for (const leaf of this.leaves(old, path)) {
      if (leaf === undefined) yield undefined;
      else known.set(leaf[0].join(), leaf[1]);
    }
    for (const leaf of this.leaves(current, path)) {
      const same = leaf && known.get(leaf[0].join());
      yield leaf !== undefined && same !== undefined && bytesEqual(same, leaf[1]) ? undefined : leaf;
    }
  }
}

function keyOf(nibbles: readonly number[]): Uint8Array {
  const key = new Uint8Array(nibbles.length >> 1);
  for (let index = 0; index < key.length; index++)
    key[index] = ((nibbles[2 * index] ?? 0) << 4) | (nibbles[2 * index + 1] ?? 0);
  return key;
}

/**
 * Keys whose value differs from the one in another trie, or that the other does not have, in order; deleted keys are not among them.
 * Costs what differs, not what is there. Comes up with `undefined` for each node that it has read: who walks may stop there, or let others have
 * their turn. @throws TRIE_NODE_MISSING, TRIE_NODE_INVALID
 */
export function* changedLeaves(read: NodeReader, before: Hash32, after: Hash32): Generator<Uint8Array | undefined> {
  const rootOf = (root: Hash32): TrieNode | undefined =>
    bytesToBareHex(root) === bytesToBareHex(emptyTrieRoot) ? undefined : { kind: UNLOADED, reference: root };
  for (const leaf of new Comparison(read).changed(rootOf(before), rootOf(after), [])) yield leaf && keyOf(leaf[0]);
}
