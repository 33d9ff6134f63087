import type { Hash32 } from '@isoquorum/primitives/bytes';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { rlpHeaderSize, writeRlpHeader } from '@isoquorum/primitives/rlp';
import {
  BRANCH,
  type BranchNode,
  type ExtensionNode,
  EXTENSION,
  LEAF,
  type LeafNode,
  type LoadedNode,
  type NodeReference,
  type TrieNode,
  UNLOADED,
} from './node.ts';

/** Told every node that got a hash, with its encoding (not to be changed: branches go on using it). */
export type NodeSink = (hash: Hash32, encoded: Uint8Array) => void;

/** Nodes are written here and copied out: their size is known only afterwards, and most fit. */
let scratch = new Uint8Array(1024);

function reserve(size: number): void {
  if (scratch.length < size) scratch = new Uint8Array(size * 2);
}

function stringSize(value: Uint8Array): number {
  return value.length === 1 && (value[0] as number) < 0x80 ? 1 : rlpHeaderSize(value.length) + value.length;
}

function writeString(value: Uint8Array, offset: number): number {
  if (value.length === 1 && (value[0] as number) < 0x80) {
    scratch[offset] = value[0] as number;
    return offset + 1;
  }
  const start = writeRlpHeader(0x80, value.length, scratch, offset);
  scratch.set(value, start);
  return start + value.length;
}

function referenceSize(reference: NodeReference): number {
  return reference.length === 32 ? 33 : reference.length;
}

function writeReference(reference: NodeReference, offset: number): number {
  if (reference.length === 32) {
    scratch[offset] = 0xa0;
    scratch.set(reference, offset + 1);
    return offset + 33;
  }
  scratch.set(reference, offset);
  return offset + reference.length;
}

/** Size of the hex-prefix encoding of a path, as an RLP string (yellow paper, appendix C). */
function pathSize(path: Uint8Array): number {
  const length = (path.length >> 1) + 1;
  return length === 1 ? 1 : rlpHeaderSize(length) + length;
}

function writePath(path: Uint8Array, isLeaf: boolean, offset: number): number {
  const length = (path.length >> 1) + 1;
  const isOdd = path.length & 1;
  let position = length === 1 ? offset : writeRlpHeader(0x80, length, scratch, offset);
  scratch[position++] = (isLeaf ? 0x20 : 0) | (isOdd ? 0x10 | (path[0] as number) : 0);
  for (let index = isOdd; index < path.length; index += 2) {
    scratch[position++] = ((path[index] as number) << 4) | (path[index + 1] as number);
  }
  return position;
}

function writeBranch(branch: BranchNode): number {
  const { children, value, raw } = branch;
  let payload = value === undefined ? 1 : stringSize(value);
  for (let index = 0; index < 16; index++) {
    const child = children[index];
    if (child === undefined) payload++;
    else payload += typeof child === 'number' ? 33 : referenceSize(child.reference as NodeReference);
  }
  reserve(payload + 9);
  const target = scratch;
  let offset = writeRlpHeader(0xc0, payload, target, 0);
  for (let index = 0; index < 16; index++) {
    const child = children[index];
    if (child === undefined) target[offset++] = 0x80;
    else if (typeof child === 'number') {
      target[offset++] = 0xa0;
      for (let byte = 0; byte < 32; byte++) target[offset + byte] = raw[child + byte] as number;
      // From now on the hash is found in the new encoding.
      children[index] = offset;
      offset += 32;
    } else offset = writeReference(child.reference as NodeReference, offset);
  }
  if (value !== undefined) return writeString(value, offset);
  target[offset++] = 0x80;
  return offset;
}

function writeLeaf({ path, value }: LeafNode): number {
  const payload = pathSize(path) + stringSize(value);
  reserve(payload + 9);
  return writeString(value, writePath(path, true, writeRlpHeader(0xc0, payload, scratch, 0)));
}

function writeExtension({ path, child }: ExtensionNode): number {
  const reference = child.reference as NodeReference;
  const payload = pathSize(path) + referenceSize(reference);
  reserve(payload + 9);
  return writeReference(reference, writePath(path, false, writeRlpHeader(0xc0, payload, scratch, 0)));
}

/** The node's RLP; its children must have references. */
export function encodeNode(node: LoadedNode): Uint8Array {
  const size =
    node.kind === LEAF ? writeLeaf(node) : node.kind === EXTENSION ? writeExtension(node) : writeBranch(node);
  // Only now: writing may have taken a larger buffer.
  const encoded = scratch.slice(0, size);
  if (node.kind === BRANCH) node.raw = encoded;
  return encoded;
}

function hashChildren(node: LoadedNode, sink: NodeSink): void {
  if (node.kind === BRANCH) {
    const { children } = node;
    for (let index = 0; index < 16; index++) {
      const child = children[index];
      if (typeof child === 'object' && child.reference === undefined) hashNode(child, sink, false);
    }
  } else if (node.kind === EXTENSION && node.child.reference === undefined) hashNode(node.child, sink, false);
}

/**
 * Gives references to a node and to all below it that have none.
 * @param isRoot a root is hashed even when it is short
 */
export function hashNode(node: TrieNode, sink: NodeSink, isRoot: boolean): NodeReference {
  if (node.kind === UNLOADED) return node.reference;
  if (node.reference !== undefined && (!isRoot || node.reference.length === 32)) return node.reference;
  if (node.reference === undefined) hashChildren(node, sink);
  const encoded = encodeNode(node);
  if (encoded.length < 32) node.reference = encoded;
  if (encoded.length < 32 && !isRoot) return encoded;
  const hash = keccak256(encoded);
  if (encoded.length >= 32) node.reference = hash;
  sink(hash, encoded);
  return hash;
}
