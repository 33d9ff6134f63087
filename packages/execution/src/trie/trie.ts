import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { decodeNode } from './decode-node.ts';
import { TrieNodeMissingError } from './errors.ts';
import { hashNode, type NodeSink } from './hash-node.ts';
import {
  BRANCH,
  type BranchNode,
  copyBranch,
  createBranch,
  createExtension,
  createLeaf,
  EXTENSION,
  type ExtensionNode,
  hashAt,
  LEAF,
  type LeafNode,
  type LoadedNode,
  type TrieNode,
  UNLOADED,
} from './node.ts';

/** The RLP of the node with this hash, or `undefined` when it is not at hand. The bytes may become part of a trie. */
export type NodeReader = (hash: Hash32) => Uint8Array | undefined;

/** What keeps decoded nodes tells tries the time, so that nodes know when they were used last. */
export interface TrieClock {
  readonly epoch: number;
}

const noReader: NodeReader = () => undefined;
const noClock: TrieClock = { epoch: 0 };

/** The nibbles of a key, high one first. */
export function keyToNibbles(key: Uint8Array): Uint8Array {
  return nibblesFrom(key, 0);
}

function nibbleAt(key: Uint8Array, position: number): number {
  const byte = key[position >> 1] as number;
  return (position & 1) === 0 ? byte >> 4 : byte & 15;
}

function nibblesFrom(key: Uint8Array, position: number): Uint8Array {
  const nibbles = new Uint8Array(key.length * 2 - position);
  for (let index = 0; index < nibbles.length; index++) nibbles[index] = nibbleAt(key, position + index);
  return nibbles;
}

/** How many nibbles of a path are those of a key from a position on. */
function commonLength(path: Uint8Array, key: Uint8Array, position: number): number {
  const limit = Math.min(path.length, key.length * 2 - position);
  let length = 0;
  while (length < limit && path[length] === nibbleAt(key, position + length)) length++;
  return length;
}

function joinPaths(first: Uint8Array, middle: number, rest: Uint8Array): Uint8Array {
  const path = new Uint8Array(first.length + 1 + rest.length);
  path.set(first);
  path[first.length] = middle;
  path.set(rest, first.length + 1);
  return path;
}

/**
 * A Merkle Patricia trie (yellow paper, appendix D) over nodes found by hash. Changes stay in memory, unhashed, until
 * {@link Trie.commit}. Nodes that were hashed are shared between tries and never changed, so opening a trie on a root
 * that another one holds is free. Keys are used as given: callers hash them where the format says so.
 */
export class Trie {
  private root: TrieNode | undefined;
  private readonly read: NodeReader;
  private readonly clock: TrieClock;

  constructor(read: NodeReader = noReader, root?: TrieNode | Hash32, clock: TrieClock = noClock) {
    this.read = read;
    this.clock = clock;
    if (root instanceof Uint8Array)
      this.root = bytesEqual(root, emptyTrieRoot) ? undefined : { kind: UNLOADED, reference: root };
    else this.root = root;
  }

  /** The root node, for sharing with another trie; `undefined` for an empty trie. */
  get rootNode(): TrieNode | undefined {
    return this.root;
  }

  private load(hash: Hash32, key: Uint8Array, position: number): LoadedNode {
    const encoded = this.read(hash);
    if (encoded === undefined) throw new TrieNodeMissingError(hash, [...nibblesFrom(key, 0).subarray(0, position)]);
    return decodeNode(encoded, hash) as LoadedNode;
  }

  /** The root, loaded in its place and marked as used. */
  private loadedRoot(key: Uint8Array): LoadedNode | undefined {
    let { root } = this;
    if (root === undefined) return undefined;
    if (root.kind === UNLOADED) root = this.root = this.load(root.reference, key, 0);
    root.epoch = this.clock.epoch;
    return root;
  }

  /** The child at a branch's place, loaded in its place and marked as used; `position` is that of its first nibble. */
  private child(branch: BranchNode, index: number, key: Uint8Array, position: number): LoadedNode | undefined {
    let child = branch.children[index] as LoadedNode | number | undefined;
    if (child === undefined) return undefined;
    if (typeof child === 'number') child = branch.children[index] = this.load(hashAt(branch, child), key, position);
    child.epoch = this.clock.epoch;
    return child;
  }

  private childOf(extension: ExtensionNode, key: Uint8Array, position: number): LoadedNode {
    let { child } = extension;
    if (child.kind === UNLOADED) child = extension.child = this.load(child.reference, key, position);
    child.epoch = this.clock.epoch;
    return child;
  }

  /** The value under a key, or `undefined`. @throws TRIE_NODE_MISSING, TRIE_NODE_INVALID */
  get(key: Uint8Array): Uint8Array | undefined {
    const end = key.length * 2;
    let position = 0;
    let node = this.loadedRoot(key);
    while (node !== undefined) {
      if (node.kind === BRANCH) {
        if (position === end) return node.value;
        const index = nibbleAt(key, position++);
        node = this.child(node, index, key, position);
      } else {
        const { path } = node;
        if (commonLength(path, key, position) < path.length) return undefined;
        position += path.length;
        if (node.kind === LEAF) return position === end ? node.value : undefined;
        node = this.childOf(node, key, position);
      }
    }
    return undefined;
  }

  /** Puts a value; an empty one deletes. @throws TRIE_NODE_MISSING, TRIE_NODE_INVALID */
  put(key: Uint8Array, value: Uint8Array): void {
    if (value.length === 0) this.delete(key);
    else this.root = this.insert(this.loadedRoot(key), key, 0, value);
  }

  /** Removes a key; nothing happens when it is absent. @throws TRIE_NODE_MISSING, TRIE_NODE_INVALID */
  delete(key: Uint8Array): void {
    const root = this.loadedRoot(key);
    if (root !== undefined) this.root = this.remove(root, key, 0);
  }

  /** Hashes what changed, tells `sink` each new node, and answers the root. */
  commit(sink: NodeSink): Hash32 {
    return this.root === undefined ? emptyTrieRoot : hashNode(this.root, sink, true);
  }

  private createLeaf(path: Uint8Array, value: Uint8Array): LeafNode {
    return createLeaf(path, value, this.clock.epoch);
  }

  private createExtension(path: Uint8Array, child: TrieNode): ExtensionNode {
    return createExtension(path, child, this.clock.epoch);
  }

  /** The branch itself when it is this trie's own (unhashed), else a copy. */
  private writable(branch: BranchNode): BranchNode {
    return branch.reference === undefined ? branch : copyBranch(branch, this.clock.epoch);
  }

  private insert(node: LoadedNode | undefined, key: Uint8Array, position: number, value: Uint8Array): LoadedNode {
    if (node === undefined) return this.createLeaf(nibblesFrom(key, position), value);
    if (node.kind === BRANCH) return this.insertInBranch(node, key, position, value);
    const length = commonLength(node.path, key, position);
    if (length === node.path.length) {
      if (node.kind === EXTENSION) {
        const child = this.childOf(node, key, position + length);
        const changed = this.insert(child, key, position + length, value);
        if (changed === child) return node;
        if (node.reference !== undefined) return this.createExtension(node.path, changed);
        node.child = changed;
        return node;
      }
      if (length === key.length * 2 - position) {
        if (bytesEqual(node.value, value)) return node;
        if (node.reference !== undefined) return this.createLeaf(node.path, value);
        node.value = value;
        return node;
      }
    }
    return this.split(node, length, key, position, value);
  }

  private insertInBranch(node: BranchNode, key: Uint8Array, position: number, value: Uint8Array): LoadedNode {
    if (position === key.length * 2) {
      if (node.value !== undefined && bytesEqual(node.value, value)) return node;
      const branch = this.writable(node);
      branch.value = value;
      return branch;
    }
    const index = nibbleAt(key, position);
    const child = this.child(node, index, key, position + 1);
    const changed = this.insert(child, key, position + 1, value);
    if (changed === child) {
      // The child was ours and changed in place; so is the branch.
      return node;
    }
    const branch = this.writable(node);
    branch.children[index] = changed;
    return branch;
  }

  /** A leaf or extension whose path parts from the key after `length` nibbles, as a branch with both below it. */
  private split(
    node: LeafNode | ExtensionNode,
    length: number,
    key: Uint8Array,
    position: number,
    value: Uint8Array,
  ): LoadedNode {
    const branch = createBranch(this.clock.epoch);
    if (length === node.path.length) branch.value = (node as LeafNode).value;
    else {
      const rest = node.path.slice(length + 1);
      const index = node.path[length] as number;
      if (node.kind === LEAF) branch.children[index] = this.createLeaf(rest, node.value);
      else if (rest.length > 0) branch.children[index] = this.createExtension(rest, node.child);
      else branch.children[index] = this.childOf(node, key, position + length);
    }
    if (position + length === key.length * 2) branch.value = value;
    else {
      const leaf = this.createLeaf(nibblesFrom(key, position + length + 1), value);
      branch.children[nibbleAt(key, position + length)] = leaf;
    }
    return length === 0 ? branch : this.createExtension(node.path.slice(0, length), branch);
  }

  private remove(node: LoadedNode, key: Uint8Array, position: number): LoadedNode | undefined {
    if (node.kind === BRANCH) return this.removeFromBranch(node, key, position);
    if (commonLength(node.path, key, position) < node.path.length) return node;
    const next = position + node.path.length;
    if (node.kind === LEAF) return next === key.length * 2 ? undefined : node;
    const child = this.childOf(node, key, next);
    const changed = this.remove(child, key, next);
    if (changed === child) return node;
    return changed === undefined ? undefined : this.joinExtension(node.path, changed);
  }

  private removeFromBranch(node: BranchNode, key: Uint8Array, position: number): LoadedNode | undefined {
    if (position === key.length * 2) {
      if (node.value === undefined) return node;
      const branch = this.writable(node);
      branch.value = undefined;
      return this.collapse(branch, key, position);
    }
    const index = nibbleAt(key, position);
    const child = this.child(node, index, key, position + 1);
    if (child === undefined) return node;
    const changed = this.remove(child, key, position + 1);
    if (changed === child) return node;
    const branch = this.writable(node);
    branch.children[index] = changed;
    return changed === undefined ? this.collapse(branch, key, position) : branch;
  }

  /** A branch that may have too little left in it, as the node that it has to be. */
  private collapse(branch: BranchNode, key: Uint8Array, position: number): LoadedNode | undefined {
    let only = -1;
    for (let index = 0; index < 16; index++) {
      if (branch.children[index] === undefined) continue;
      if (only >= 0) return branch;
      only = index;
    }
    if (only < 0) return branch.value === undefined ? undefined : this.createLeaf(new Uint8Array(0), branch.value);
    if (branch.value !== undefined) return branch;
    const child = this.child(branch, only, siblingKey(key, position, only), position + 1) as LoadedNode;
    if (child.kind === BRANCH) return this.createExtension(Uint8Array.of(only), child);
    const path = joinPaths(new Uint8Array(0), only, child.path);
    return child.kind === LEAF ? this.createLeaf(path, child.value) : this.createExtension(path, child.child);
  }

  private joinExtension(path: Uint8Array, child: LoadedNode): LoadedNode {
    if (child.kind === BRANCH) return this.createExtension(path, child);
    const joined = new Uint8Array(path.length + child.path.length);
    joined.set(path);
    joined.set(child.path, path.length);
    return child.kind === LEAF ? this.createLeaf(joined, child.value) : this.createExtension(joined, child.child);
  }
}

/** A key that agrees with `key` before `position` and has another nibble there: names a sibling in errors. */
function siblingKey(key: Uint8Array, position: number, nibble: number): Uint8Array {
  const sibling = key.slice();
  const at = position >> 1;
  const byte = sibling[at] as number;
  sibling[at] = (position & 1) === 0 ? (nibble << 4) | (byte & 15) : (byte & 0xf0) | nibble;
  return sibling;
}
