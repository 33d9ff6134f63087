import type { Hash32 } from '@isoquorum/primitives/bytes';
import { writeRlpHeader } from '@isoquorum/primitives/rlp';
import { hashBuffer } from './hash-buffer.ts';
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
import { pathSize, referenceSize, stringSize, writePath, writeReference, writeString } from './write-item.ts';

/** Told every node that got a hash, with its encoding (not to be changed: branches go on using it). */
export type NodeSink = (hash: Hash32, encoded: Uint8Array) => void;

const headerMax = 9;

/** Writes a branch; answers its size. Its children must have references. */
function writeBranch(branch: BranchNode): number {
  const { children, value, raw } = branch;
  let payload = value === undefined ? 1 : stringSize(value);
  for (let index = 0; index < 16; index++) {
    const child = children[index];
    if (child === undefined) payload++;
    else payload += typeof child === 'number' ? 33 : referenceSize(child.reference as NodeReference);
  }
  hashBuffer.reserve(payload + headerMax);
  const { bytes: target, start } = hashBuffer;
  let offset = writeRlpHeader(0xc0, payload, target, start);
  for (let index = 0; index < 16; index++) {
    const child = children[index];
    if (child === undefined) target[offset++] = 0x80;
    else if (typeof child === 'number') {
      target[offset++] = 0xa0;
      for (let byte = 0; byte < 32; byte++) target[offset + byte] = raw[child + byte] as number;
      // From now on the hash is found in the new encoding.
      children[index] = offset - start;
      offset += 32;
    } else offset = writeReference(child.reference as NodeReference, target, offset);
  }
  if (value !== undefined) offset = writeString(value, target, offset);
  else target[offset++] = 0x80;
  return offset - start;
}

function writeLeaf({ path, value }: LeafNode): number {
  const payload = pathSize(path.length) + stringSize(value);
  hashBuffer.reserve(payload + headerMax);
  const { bytes: target, start } = hashBuffer;
  const offset = writePath(path, 0, true, target, writeRlpHeader(0xc0, payload, target, start));
  return writeString(value, target, offset) - start;
}

function writeExtension({ path, child }: ExtensionNode): number {
  const reference = child.reference as NodeReference;
  const payload = pathSize(path.length) + referenceSize(reference);
  hashBuffer.reserve(payload + headerMax);
  const { bytes: target, start } = hashBuffer;
  const offset = writePath(path, 0, false, target, writeRlpHeader(0xc0, payload, target, start));
  return writeReference(reference, target, offset) - start;
}

/** Writes the node's RLP where it can be hashed, and answers a copy; its children must have references. */
export function encodeNode(node: LoadedNode): Uint8Array {
  const size =
    node.kind === LEAF ? writeLeaf(node) : node.kind === EXTENSION ? writeExtension(node) : writeBranch(node);
  const encoded = hashBuffer.copy(size);
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
  const hash = hashBuffer.hash(encoded.length);
  if (encoded.length >= 32) node.reference = hash;
  sink(hash, encoded);
  return hash;
}
