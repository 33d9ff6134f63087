import type { Hash32 } from '@isoquorum/primitives/bytes';
import { trieNodeInvalid } from './errors.ts';
import { createBranch, createExtension, createLeaf, type TrieNode, UNLOADED } from './node.ts';

/** A branch has the most: sixteen children and a value. */
const maxItems = 17;

/** Where the items of a list are: with three numbers each, so that reading a node makes no objects beside the node. */
class Items {
  count = 0;
  readonly starts: Uint32Array = new Uint32Array(maxItems);
  readonly payloads: Uint32Array = new Uint32Array(maxItems);
  readonly ends: Uint32Array = new Uint32Array(maxItems);
}

/** For nodes that are not embedded in another one: done with before the next is read. */
const outermost = new Items();

class NodeDecoder {
  readonly bytes: Uint8Array;
  readonly hash: Hash32 | undefined;
  /** Where the payload of the item that was read last begins. */
  private payload = 0;

  constructor(bytes: Uint8Array, hash: Hash32 | undefined) {
    this.bytes = bytes;
    this.hash = hash;
  }

  private fail(reason: string): never {
    throw trieNodeInvalid(this.hash, reason);
  }

  private isList(start: number): boolean {
    return (this.bytes[start] as number) >= 0xc0;
  }

  /** Reads the header of the item at an offset into `payload`; answers where the item ends. */
  private pass(offset: number, limit: number): number {
    if (offset >= limit) this.fail('too few items');
    const head = this.bytes[offset] as number;
    if (head < 0x80) {
      this.payload = offset;
      return offset + 1;
    }
    const base = head >= 0xc0 ? 0xc0 : 0x80;
    let payload = offset + 1;
    let length = head - base;
    if (length >= 56) {
      const size = length - 55;
      if (size > 3 || payload + size > limit) this.fail('length out of range');
      length = 0;
      for (let index = 0; index < size; index++) length = length * 256 + (this.bytes[payload + index] as number);
      payload += size;
      if (length < 56) this.fail('length not canonical');
    }
    if (payload + length > limit) this.fail('item exceeds its node');
    this.payload = payload;
    return payload + length;
  }

  private itemsOf(payload: number, end: number, depth: number): Items {
    const items = depth === 0 ? outermost : new Items();
    items.count = 0;
    for (let offset = payload; offset < end; ) {
      if (items.count === maxItems) this.fail('too many items');
      const next = this.pass(offset, end);
      items.starts[items.count] = offset;
      items.payloads[items.count] = this.payload;
      items.ends[items.count++] = next;
      offset = next;
    }
    return items;
  }

  private childOf(items: Items, index: number, depth: number): TrieNode | undefined {
    const start = items.starts[index] as number;
    const payload = items.payloads[index] as number;
    const end = items.ends[index] as number;
    if (this.isList(start)) {
      if (end - start >= 32) this.fail('embedded node of 32 bytes or more');
      return this.nodeAt(start, payload, end, this.bytes.slice(start, end), depth + 1);
    }
    if (payload === end) return undefined;
    if (end - payload !== 32) this.fail('child is neither a hash nor a node');
    return { kind: UNLOADED, reference: this.bytes.slice(payload, end) };
  }

  /** A branch keeps its RLP, in which its hashes are; an embedded one that of its own. */
  private branchOf(items: Items, start: number, reference: Uint8Array, depth: number): TrieNode {
    const branch = createBranch();
    branch.reference = reference;
    branch.raw = depth === 0 ? this.bytes : reference;
    const before = depth === 0 ? 0 : start;
    for (let index = 0; index < 16; index++) {
      const payload = items.payloads[index] as number;
      const isHash = (items.ends[index] as number) - payload === 32 && !this.isList(items.starts[index] as number);
      branch.children[index] = isHash ? payload - before : this.childOf(items, index, depth);
    }
    if (this.isList(items.starts[16] as number)) this.fail('value is a list');
    const payload = items.payloads[16] as number;
    const end = items.ends[16] as number;
    if (end > payload) branch.value = this.bytes.subarray(payload, end);
    return branch;
  }

  private nodeAt(start: number, payload: number, end: number, reference: Uint8Array, depth: number): TrieNode {
    if (depth > 64) this.fail('too deep');
    const items = this.itemsOf(payload, end, depth);
    if (items.count === maxItems) return this.branchOf(items, start, reference, depth);
    if (items.count !== 2) this.fail(`${items.count} items`);
    if (this.isList(items.starts[0] as number)) this.fail('no path');
    const path = items.payloads[0] as number;
    const pathEnd = items.ends[0] as number;
    return this.isLeafPath(path, pathEnd)
      ? this.leafOf(items, this.pathOf(path, pathEnd), reference)
      : this.extensionOf(items, this.pathOf(path, pathEnd), reference, depth);
  }

  private leafOf(items: Items, path: Uint8Array, reference: Uint8Array): TrieNode {
    if (this.isList(items.starts[1] as number)) this.fail('value is a list');
    const leaf = createLeaf(path, this.bytes.subarray(items.payloads[1], items.ends[1]));
    leaf.reference = reference;
    return leaf;
  }

  private extensionOf(items: Items, path: Uint8Array, reference: Uint8Array, depth: number): TrieNode {
    const child = this.childOf(items, 1, depth);
    if (child === undefined || path.length === 0) this.fail('extension without child or path');
    const extension = createExtension(path, child);
    extension.reference = reference;
    return extension;
  }

  private isLeafPath(start: number, end: number): boolean {
    if (start === end) this.fail('no path');
    const flags = (this.bytes[start] as number) >> 4;
    if (flags > 3) this.fail('unknown path flags');
    return flags >= 2;
  }

  /** Nibbles of a hex-prefix encoded path (yellow paper, appendix C). */
  private pathOf(start: number, end: number): Uint8Array {
    const first = this.bytes[start] as number;
    const isOdd = (first >> 4) & 1;
    const path = new Uint8Array((end - start - 1) * 2 + isOdd);
    let position = 0;
    if (isOdd) path[position++] = first & 15;
    for (let offset = start + 1; offset < end; offset++) {
      const byte = this.bytes[offset] as number;
      path[position++] = byte >> 4;
      path[position++] = byte & 15;
    }
    return path;
  }

  decode(reference: Uint8Array): TrieNode {
    const end = this.pass(0, this.bytes.length);
    if (!this.isList(0) || end !== this.bytes.length) this.fail('not one list');
    return this.nodeAt(0, this.payload, end, reference, 0);
  }
}

/**
 * The node with this RLP (yellow paper, appendix D); nodes embedded in it are decoded as well. The bytes become part of it.
 * @param hash the hash under which it was stored; also its reference unless the RLP is shorter than 32 bytes (a root)
 * @throws TRIE_NODE_INVALID
 */
export function decodeNode(encoded: Uint8Array, hash: Hash32): TrieNode {
  return new NodeDecoder(encoded, hash).decode(encoded.length < 32 ? encoded : hash);
}
