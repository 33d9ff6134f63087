import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { decodeNode } from './decode-node.ts';
import { TrieNodeMissingError } from './errors.ts';
import {
  BRANCH,
  type BranchNode,
  createBranch,
  createExtension,
  createLeaf,
  EXTENSION,
  hashNode,
  LEAF,
  type NodeSink,
  type TrieNode,
  UNLOADED,
} from './node.ts';

/** The RLP of the node with this hash, or `undefined` when it is not at hand. */
export type NodeReader = (hash: Hash32) => Uint8Array | undefined;

const noReader: NodeReader = () => undefined;

/** The nibbles of a key, high one first. */
export function keyToNibbles(key: Uint8Array): Uint8Array {
  const nibbles = new Uint8Array(key.length * 2);
  for (let index = 0; index < key.length; index++) {
    const byte = key[index] as number;
    nibbles[2 * index] = byte >> 4;
    nibbles[2 * index + 1] = byte & 15;
  }
  return nibbles;
}

function commonLength(path: Uint8Array, key: Uint8Array, position: number): number {
  const limit = Math.min(path.length, key.length - position);
  let length = 0;
  while (length < limit && path[length] === key[position + length]) length++;
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

  constructor(read: NodeReader = noReader, root?: TrieNode | Hash32) {
    this.read = read;
    if (root instanceof Uint8Array)
      this.root = bytesEqual(root, emptyTrieRoot) ? undefined : { kind: UNLOADED, reference: root };
    else this.root = root;
  }

  /** The root node, for sharing with another trie; `undefined` for an empty trie. */
  get rootNode(): TrieNode | undefined {
    return this.root;
  }

  private load(hash: Hash32, key: Uint8Array, position: number): TrieNode {
    const encoded = this.read(hash);
    if (encoded === undefined) throw new TrieNodeMissingError(hash, [...key.subarray(0, position)]);
    return decodeNode(encoded, hash);
  }

  /** The value under a key, or `undefined`. @throws TRIE_NODE_MISSING, TRIE_NODE_INVALID */
  get(key: Uint8Array): Uint8Array | undefined {
    const nibbles = keyToNibbles(key);
    let position = 0;
    let node = this.root;
    if (node?.kind === UNLOADED) node = this.root = this.load(node.reference, nibbles, 0);
    while (node !== undefined) {
      if (node.kind === BRANCH) {
        if (position === nibbles.length) return node.value;
        const index = nibbles[position++] as number;
        let child: TrieNode | undefined = node.children[index];
        if (child?.kind === UNLOADED) child = node.children[index] = this.load(child.reference, nibbles, position);
        node = child;
      } else if (node.kind === LEAF) {
        const { path } = node;
        return path.length === nibbles.length - position && commonLength(path, nibbles, position) === path.length
          ? node.value
          : undefined;
      } else if (node.kind === EXTENSION) {
        if (commonLength(node.path, nibbles, position) < node.path.length) return undefined;
        position += node.path.length;
        if (node.child.kind === UNLOADED) node.child = this.load(node.child.reference, nibbles, position);
        node = node.child;
      } else return undefined;
    }
    return undefined;
  }

  /** Puts a value; an empty one deletes. @throws TRIE_NODE_MISSING, TRIE_NODE_INVALID */
  put(key: Uint8Array, value: Uint8Array): void {
    if (value.length === 0) this.delete(key);
    else this.root = this.insert(this.root, keyToNibbles(key), 0, value);
  }

  /** Removes a key; nothing happens when it is absent. @throws TRIE_NODE_MISSING, TRIE_NODE_INVALID */
  delete(key: Uint8Array): void {
    if (this.root !== undefined) this.root = this.remove(this.root, keyToNibbles(key), 0);
  }

  /** Hashes what changed, tells `sink` each new node, and answers the root. */
  commit(sink: NodeSink): Hash32 {
    return this.root === undefined ? emptyTrieRoot : hashNode(this.root, sink, true);
  }

  /** The branch itself when it is this trie's own (unhashed), else a copy. */
  private writableBranch(branch: BranchNode): BranchNode {
    if (branch.reference === undefined) return branch;
    return { kind: BRANCH, reference: undefined, children: branch.children.slice(), value: branch.value };
  }

  private insert(node: TrieNode | undefined, key: Uint8Array, position: number, value: Uint8Array): TrieNode {
    if (node === undefined) return createLeaf(key.slice(position), value);
    if (node.kind === BRANCH) {
      if (position === key.length) {
        if (node.value !== undefined && bytesEqual(node.value, value)) return node;
        const branch = this.writableBranch(node);
        branch.value = value;
        return branch;
      }
      const index = key[position] as number;
      const child = node.children[index];
      const changed = this.insert(child, key, position + 1, value);
      if (changed === child) return node;
      // A node that was only read, not changed, is kept in place without making the branch dirty.
      if (child?.kind === UNLOADED && changed.reference === child.reference) {
        node.children[index] = changed;
        return node;
      }
      const branch = this.writableBranch(node);
      branch.children[index] = changed;
      return branch;
    }
    if (node.kind === UNLOADED) return this.insert(this.load(node.reference, key, position), key, position, value);
    const length = commonLength(node.path, key, position);
    if (node.kind === LEAF) {
      if (length === node.path.length && length === key.length - position) {
        if (bytesEqual(node.value, value)) return node;
        if (node.reference !== undefined) return createLeaf(node.path, value);
        node.value = value;
        return node;
      }
      const branch = createBranch();
      if (length === node.path.length) branch.value = node.value;
      else branch.children[node.path[length] as number] = createLeaf(node.path.slice(length + 1), node.value);
      this.attachLeaf(branch, key, position + length, value);
      return length === 0 ? branch : createExtension(node.path.slice(0, length), branch);
    }
    if (length === node.path.length) {
      const changed = this.insert(node.child, key, position + length, value);
      if (changed === node.child) return node;
      if (node.child.kind === UNLOADED && changed.reference === node.child.reference) {
        node.child = changed;
        return node;
      }
      if (node.reference !== undefined) return createExtension(node.path, changed);
      node.child = changed;
      return node;
    }
    const branch = createBranch();
    const rest = node.path.slice(length + 1);
    branch.children[node.path[length] as number] = rest.length === 0 ? node.child : createExtension(rest, node.child);
    this.attachLeaf(branch, key, position + length, value);
    return length === 0 ? branch : createExtension(node.path.slice(0, length), branch);
  }

  private attachLeaf(branch: BranchNode, key: Uint8Array, position: number, value: Uint8Array): void {
    if (position === key.length) branch.value = value;
    else branch.children[key[position] as number] = createLeaf(key.slice(position + 1), value);
  }

  private remove(node: TrieNode, key: Uint8Array, position: number): TrieNode | undefined {
    if (node.kind === UNLOADED) return this.remove(this.load(node.reference, key, position), key, position);
    if (node.kind === LEAF) {
      const isEqual =
        node.path.length === key.length - position && commonLength(node.path, key, position) === node.path.length;
      return isEqual ? undefined : node;
    }
    if (node.kind === EXTENSION) {
      if (commonLength(node.path, key, position) < node.path.length) return node;
      const changed = this.remove(node.child, key, position + node.path.length);
      if (changed === node.child) return node;
      if (changed === undefined) return undefined;
      if (changed.reference !== undefined && changed.reference === node.child.reference) {
        node.child = changed;
        return node;
      }
      return this.joinExtension(node.path, changed);
    }
    if (position === key.length) {
      if (node.value === undefined) return node;
      const branch = this.writableBranch(node);
      branch.value = undefined;
      return this.collapse(branch, key, position);
    }
    const index = key[position] as number;
    const child = node.children[index];
    if (child === undefined) return node;
    const changed = this.remove(child, key, position + 1);
    if (changed === child) return node;
    if (changed !== undefined && changed.reference !== undefined && changed.reference === child.reference) {
      node.children[index] = changed;
      return node;
    }
    const branch = this.writableBranch(node);
    branch.children[index] = changed;
    return changed === undefined ? this.collapse(branch, key, position) : branch;
  }

  /** A branch that may have too little left in it, as the node that it has to be. */
  private collapse(branch: BranchNode, key: Uint8Array, position: number): TrieNode | undefined {
    let only = -1;
    for (let index = 0; index < 16; index++) {
      if (branch.children[index] === undefined) continue;
      if (only >= 0) return branch;
      only = index;
    }
    if (only < 0) return branch.value === undefined ? undefined : createLeaf(new Uint8Array(0), branch.value);
    if (branch.value !== undefined) return branch;
    let child = branch.children[only] as TrieNode;
    if (child.kind === UNLOADED) {
      const path = new Uint8Array(position + 1);
      path.set(key.subarray(0, position));
      path[position] = only;
      child = this.load(child.reference, path, position + 1);
    }
    if (child.kind === LEAF) return createLeaf(joinPaths(new Uint8Array(0), only, child.path), child.value);
    if (child.kind === EXTENSION) return createExtension(joinPaths(new Uint8Array(0), only, child.path), child.child);
    return createExtension(Uint8Array.of(only), child);
  }

  private joinExtension(path: Uint8Array, child: TrieNode): TrieNode {
    if (child.kind === BRANCH || child.kind === UNLOADED) return createExtension(path, child);
    const joined = new Uint8Array(path.length + child.path.length);
    joined.set(path);
    joined.set(child.path, path.length);
    return child.kind === LEAF ? createLeaf(joined, child.value) : createExtension(joined, child.child);
  }
}
