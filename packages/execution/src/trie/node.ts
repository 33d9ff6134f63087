import type { Hash32 } from '@isoquorum/primitives/bytes';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { rlpHeaderSize, writeRlpHeader } from '@isoquorum/primitives/rlp';

/**
 * How a parent refers to a node: its Keccak-256 (32 bytes), or its own RLP when that is shorter than 32 bytes.
 * `undefined` while the node has changes that are not hashed yet. A node with a reference is never changed again,
 * except that a hash among its children may be replaced by the node that it stands for.
 */
export type NodeReference = Uint8Array;

export const LEAF = 0;
export const EXTENSION = 1;
export const BRANCH = 2;
export const UNLOADED = 3;

export interface LeafNode {
  readonly kind: typeof LEAF;
  reference: NodeReference | undefined;
  /** Nibbles, one per byte. */
  path: Uint8Array;
  value: Uint8Array;
}

export interface ExtensionNode {
  readonly kind: typeof EXTENSION;
  reference: NodeReference | undefined;
  path: Uint8Array;
  child: TrieNode;
}

export interface BranchNode {
  readonly kind: typeof BRANCH;
  reference: NodeReference | undefined;
  /** Sixteen places. */
  readonly children: (TrieNode | undefined)[];
  value: Uint8Array | undefined;
}

/** Stands for a node that was not read yet. */
export interface UnloadedNode {
  readonly kind: typeof UNLOADED;
  readonly reference: Hash32;
}

export type TrieNode = LeafNode | ExtensionNode | BranchNode | UnloadedNode;

export function createLeaf(path: Uint8Array, value: Uint8Array): LeafNode {
  return { kind: LEAF, reference: undefined, path, value };
}

export function createExtension(path: Uint8Array, child: TrieNode): ExtensionNode {
  return { kind: EXTENSION, reference: undefined, path, child };
}

const noChildren: readonly undefined[] = Array.from({ length: 16 }, () => undefined);

export function createBranch(): BranchNode {
  return { kind: BRANCH, reference: undefined, children: noChildren.slice(), value: undefined };
}

/** Told every node that got a hash, with its encoding (a fresh array). */
export type NodeSink = (hash: Hash32, encoded: Uint8Array) => void;

let scratch = new Uint8Array(1024);

function reserve(size: number): Uint8Array {
  if (scratch.length < size) scratch = new Uint8Array(size * 2);
  return scratch;
}

function stringSize(value: Uint8Array): number {
  return value.length === 1 && (value[0] as number) < 0x80 ? 1 : rlpHeaderSize(value.length) + value.length;
}

function writeString(value: Uint8Array, target: Uint8Array, offset: number): number {
  if (value.length === 1 && (value[0] as number) < 0x80) {
    target[offset] = value[0] as number;
    return offset + 1;
  }
  const start = writeRlpHeader(0x80, value.length, target, offset);
  target.set(value, start);
  return start + value.length;
}

function referenceSize(reference: NodeReference): number {
  return reference.length === 32 ? 33 : reference.length;
}

function writeReference(reference: NodeReference, target: Uint8Array, offset: number): number {
  if (reference.length === 32) {
    target[offset] = 0xa0;
    target.set(reference, offset + 1);
    return offset + 33;
  }
  target.set(reference, offset);
  return offset + reference.length;
}

/** Size of the hex-prefix encoding of a path, as an RLP string (yellow paper, appendix C). */
function pathSize(path: Uint8Array): number {
  const length = (path.length >> 1) + 1;
  return length === 1 ? 1 : rlpHeaderSize(length) + length;
}

function writePath(path: Uint8Array, isLeaf: boolean, target: Uint8Array, offset: number): number {
  const length = (path.length >> 1) + 1;
  const isOdd = path.length & 1;
  let position = length === 1 ? offset : writeRlpHeader(0x80, length, target, offset);
  target[position++] = (isLeaf ? 0x20 : 0) | (isOdd ? 0x10 | (path[0] as number) : 0);
  for (let index = isOdd; index < path.length; index += 2) {
    target[position++] = ((path[index] as number) << 4) | (path[index + 1] as number);
  }
  return position;
}

function ensureReference(node: TrieNode, sink: NodeSink): NodeReference {
  return node.reference ?? hashNode(node, sink, false);
}

/** Writes the node's RLP at the start of the scratch buffer; its children must have references. Returns its size. */
function writeNode(node: Exclude<TrieNode, UnloadedNode>): number {
  let payload = 0;
  if (node.kind === BRANCH) {
    const { children, value } = node;
    for (let index = 0; index < 16; index++) {
      const child = children[index];
      payload += child === undefined ? 1 : referenceSize(child.reference as NodeReference);
    }
    payload += value === undefined ? 1 : stringSize(value);
    const target = reserve(payload + 9);
    let offset = writeRlpHeader(0xc0, payload, target, 0);
    for (let index = 0; index < 16; index++) {
      const child = children[index];
      if (child === undefined) target[offset++] = 0x80;
      else offset = writeReference(child.reference as NodeReference, target, offset);
    }
    if (value === undefined) target[offset++] = 0x80;
    else offset = writeString(value, target, offset);
    return offset;
  }
  if (node.kind === LEAF) {
    payload = pathSize(node.path) + stringSize(node.value);
    const target = reserve(payload + 9);
    const offset = writeRlpHeader(0xc0, payload, target, 0);
    return writeString(node.value, target, writePath(node.path, true, target, offset));
  }
  const reference = node.child.reference as NodeReference;
  payload = pathSize(node.path) + referenceSize(reference);
  const target = reserve(payload + 9);
  const offset = writeRlpHeader(0xc0, payload, target, 0);
  return writeReference(reference, target, writePath(node.path, false, target, offset));
}

/**
 * Gives references to a node and to all below it that have none.
 * @param isRoot a root is hashed even when it is short
 */
export function hashNode(node: TrieNode, sink: NodeSink, isRoot: boolean): NodeReference {
  if (node.kind === UNLOADED) return node.reference;
  if (node.reference !== undefined && (!isRoot || node.reference.length === 32)) return node.reference;
  if (node.reference === undefined) {
    if (node.kind === BRANCH) {
      for (let index = 0; index < 16; index++) {
        const child = node.children[index];
        if (child !== undefined) ensureReference(child, sink);
      }
    } else if (node.kind === EXTENSION) ensureReference(node.child, sink);
  }
  const size = writeNode(node);
  const encoded = scratch.slice(0, size);
  if (size < 32 && !isRoot) {
    node.reference = encoded;
    return encoded;
  }
  const hash = keccak256(encoded);
  if (size >= 32) node.reference = hash;
  else node.reference = encoded;
  sink(hash, encoded);
  return hash;
}

/** The RLP of a node whose children have references. */
export function encodeNode(node: Exclude<TrieNode, UnloadedNode>): Uint8Array {
  return scratch.slice(0, writeNode(node));
}
