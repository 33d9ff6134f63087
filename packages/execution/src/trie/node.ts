import type { Hash32 } from '@isoquorum/primitives/bytes';

/**
 * How a parent refers to a node: its Keccak-256 (32 bytes), or its own RLP when that is shorter than 32 bytes.
 * `undefined` while the node has changes that are not hashed yet. A node with a reference is never changed again,
 * except that a child may be loaded in its place, or let go again.
 */
export type NodeReference = Uint8Array;

export const LEAF = 0;
export const EXTENSION = 1;
export const BRANCH = 2;
export const UNLOADED = 3;

export interface LeafNode {
  readonly kind: typeof LEAF;
  reference: NodeReference | undefined;
  /** When it was used last, by the clock of whoever keeps nodes. */
  epoch: number;
  /** The last walk that came by here: see {@link beginWalk}. */
  walk: number;
  /** Nibbles, one per byte. */
  path: Uint8Array;
  value: Uint8Array;
}

export interface ExtensionNode {
  readonly kind: typeof EXTENSION;
  reference: NodeReference | undefined;
  epoch: number;
  walk: number;
  path: Uint8Array;
  child: TrieNode;
}

/**
 * Sixteen places: a node, nothing, or (a number) where in `raw` the hash of a child begins that is not loaded. A hash there
 * costs eight bytes instead of an object and an array of its own, which is what lets a large trie stay in little memory.
 */
export interface BranchNode {
  readonly kind: typeof BRANCH;
  reference: NodeReference | undefined;
  epoch: number;
  walk: number;
  readonly children: (TrieNode | number | undefined)[];
  value: Uint8Array | undefined;
  /** The RLP from which it was read or to which it was hashed last; numbers in `children` point into it. */
  raw: Uint8Array;
}

/** Stands for a node that was not read yet, at a root or below an extension. */
export interface UnloadedNode {
  readonly kind: typeof UNLOADED;
  readonly reference: Hash32;
}

export type LoadedNode = LeafNode | ExtensionNode | BranchNode;
export type TrieNode = LoadedNode | UnloadedNode;

let walks = 0;

/**
 * A number that no node has as its `walk` yet, for a walk over nodes that several tries share: it marks each one when it
 * comes by, which costs nothing, as a set of those that were seen would.
 */
export function beginWalk(): number {
  return ++walks;
}

export function createLeaf(path: Uint8Array, value: Uint8Array, epoch = 0): LeafNode {
  return { kind: LEAF, reference: undefined, epoch, walk: 0, path, value };
}

export function createExtension(path: Uint8Array, child: TrieNode, epoch = 0): ExtensionNode {
  return { kind: EXTENSION, reference: undefined, epoch, walk: 0, path, child };
}

const noChildren: readonly undefined[] = Array.from({ length: 16 }, () => undefined);
const noBytes = new Uint8Array(0);

export function createBranch(epoch = 0): BranchNode {
  return {
    kind: BRANCH,
    reference: undefined,
    epoch,
    walk: 0,
    children: noChildren.slice(),
    value: undefined,
    raw: noBytes,
  };
}

/** A copy of a hashed branch that may be changed. */
export function copyBranch({ children, value, raw }: BranchNode, epoch: number): BranchNode {
  return { kind: BRANCH, reference: undefined, epoch, walk: 0, children: children.slice(), value, raw };
}

/** The hash to which a number in a branch's places points (a copy). */
export function hashAt(branch: BranchNode, offset: number): Hash32 {
  return branch.raw.slice(offset, offset + 32);
}

/** The child at a place; for one that is not loaded, what stands for it. */
export function childAt(branch: BranchNode, index: number): TrieNode | undefined {
  const child = branch.children[index];
  return typeof child === 'number' ? { kind: UNLOADED, reference: hashAt(branch, child) } : child;
}
