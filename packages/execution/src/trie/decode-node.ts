import type { Hash32 } from '@isoquorum/primitives/bytes';
import { trieNodeInvalid } from './errors.ts';
import { createBranch, createExtension, createLeaf, type TrieNode, UNLOADED } from './node.ts';

/** One RLP item: where its payload starts and where it ends. */
interface Item {
  isList: boolean;
  start: number;
  payload: number;
  end: number;
}

class NodeDecoder {
  readonly bytes: Uint8Array;
  readonly hash: Hash32 | undefined;

  constructor(bytes: Uint8Array, hash: Hash32 | undefined) {
    this.bytes = bytes;
    this.hash = hash;
  }

  private fail(reason: string): never {
    throw trieNodeInvalid(this.hash, reason);
  }

  private itemAt(offset: number, limit: number): Item {
    if (offset >= limit) this.fail('too few items');
    const head = this.bytes[offset] as number;
    let isList = false;
    let payload = offset + 1;
    let length: number;
    if (head < 0x80) {
      return { isList, start: offset, payload: offset, end: offset + 1 };
    }
    let base = 0x80;
    if (head >= 0xc0) {
      isList = true;
      base = 0xc0;
    }
    if (head - base < 56) length = head - base;
    else {
      const size = head - base - 55;
      if (size > 3 || payload + size > limit) this.fail('length out of range');
      length = 0;
      for (let index = 0; index < size; index++) length = length * 256 + (this.bytes[payload + index] as number);
      payload += size;
      if (length < 56) this.fail('length not canonical');
    }
    if (payload + length > limit) this.fail('item exceeds its node');
    return { isList, start: offset, payload, end: payload + length };
  }

  private childOf(item: Item, depth: number): TrieNode | undefined {
    if (item.isList) {
      if (item.end - item.start >= 32) this.fail('embedded node of 32 bytes or more');
      return this.nodeAt(item, this.bytes.slice(item.start, item.end), depth + 1);
    }
    const length = item.end - item.payload;
    if (length === 0) return undefined;
    if (length !== 32) this.fail('child is neither a hash nor a node');
    return { kind: UNLOADED, reference: this.bytes.slice(item.payload, item.end) };
  }

  /** A branch keeps its RLP, in which its hashes are; an embedded one that of its own. */
  private branchOf(items: readonly Item[], list: Item, reference: Uint8Array, depth: number): TrieNode {
    const branch = createBranch();
    branch.reference = reference;
    branch.raw = depth === 0 ? this.bytes : reference;
    for (let index = 0; index < 16; index++) {
      const item = items[index] as Item;
      const isHash = !item.isList && item.end - item.payload === 32;
      branch.children[index] = isHash ? item.payload - (depth === 0 ? 0 : list.start) : this.childOf(item, depth);
    }
    const value = items[16] as Item;
    if (value.isList) this.fail('value is a list');
    if (value.end > value.payload) branch.value = this.bytes.subarray(value.payload, value.end);
    return branch;
  }

  private nodeAt(list: Item, reference: Uint8Array, depth: number): TrieNode {
    if (depth > 64) this.fail('too deep');
    const items: Item[] = [];
    for (let offset = list.payload; offset < list.end; ) {
      if (items.length === 17) this.fail('too many items');
      const item = this.itemAt(offset, list.end);
      items.push(item);
      offset = item.end;
    }
    if (items.length === 17) return this.branchOf(items, list, reference, depth);
    if (items.length !== 2) this.fail(`${items.length} items`);
    const [key, content] = items as [Item, Item];
    const { path, isLeaf } = this.pathOf(key);
    if (isLeaf) {
      if (content.isList) this.fail('value is a list');
      const leaf = createLeaf(path, this.bytes.subarray(content.payload, content.end));
      leaf.reference = reference;
      return leaf;
    }
    const child = this.childOf(content, depth);
    if (child === undefined || path.length === 0) this.fail('extension without child or path');
    const extension = createExtension(path, child);
    extension.reference = reference;
    return extension;
  }

  private pathOf(key: Item): { path: Uint8Array; isLeaf: boolean } {
    const length = key.end - key.payload;
    if (key.isList || length === 0) this.fail('no path');
    const flags = (this.bytes[key.payload] as number) >> 4;
    if (flags > 3) this.fail('unknown path flags');
    const isOdd = flags & 1;
    const path = new Uint8Array((length - 1) * 2 + isOdd);
    let position = 0;
    if (isOdd) path[position++] = (this.bytes[key.payload] as number) & 15;
    for (let offset = key.payload + 1; offset < key.end; offset++) {
      const byte = this.bytes[offset] as number;
      path[position++] = byte >> 4;
      path[position++] = byte & 15;
    }
    return { path, isLeaf: flags >= 2 };
  }

  decode(reference: Uint8Array): TrieNode {
    const item = this.itemAt(0, this.bytes.length);
    if (!item.isList || item.end !== this.bytes.length) this.fail('not one list');
    return this.nodeAt(item, reference, 0);
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
