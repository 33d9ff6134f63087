import type { Hash32 } from '@isoquorum/primitives/bytes';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { encodeRlp, numberToRlp, writeRlpHeader } from '@isoquorum/primitives/rlp';
import { hashBuffer } from './hash-buffer.ts';
import type { NodeReference } from './node.ts';
import { keyToNibbles } from './trie.ts';
import { pathSize, referenceSize, stringSize, writePath, writeReference, writeString } from './write-item.ts';

const headerMax = 9;

/** Nibbles of rlp(index), remembered: blocks have the same indexes again and again. */
const keys: Uint8Array[] = [];

function keyOf(index: number): Uint8Array {
  for (let next = keys.length; next <= index; next++) keys.push(keyToNibbles(encodeRlp(numberToRlp(next))));
  return keys[index] as Uint8Array;
}

/** Indexes in the order of their keys: rlp(0) is 0x80, behind 1 to 127, which are their own bytes. */
function sortedIndexes(count: number): Uint32Array {
  const order = new Uint32Array(count);
  const before = Math.min(count, 128) - 1;
  for (let place = 0; place < count; place++) order[place] = place < before ? place + 1 : place === before ? 0 : place;
  return order;
}

/** Items of a list, from `low` to below `high` in the order of keys, which agree before nibble `depth`. */
class ListTrie {
  private readonly items: readonly Uint8Array[];
  private readonly order: Uint32Array;

  constructor(items: readonly Uint8Array[]) {
    this.items = items;
    this.order = sortedIndexes(items.length);
  }

  private key(place: number): Uint8Array {
    return keyOf(this.order[place] as number);
  }

  /** Hash of what was written last, or itself when it is short. */
  private reference(size: number, isRoot: boolean): NodeReference {
    return size < 32 && !isRoot ? hashBuffer.copy(size) : hashBuffer.hash(size);
  }

  build(low: number, high: number, depth: number, isRoot: boolean): NodeReference {
    if (high - low === 1) return this.leaf(low, depth, isRoot);
    // Keys are in order, so what the first and the last share, all share. No key is the beginning of another.
    const first = this.key(low);
    const last = this.key(high - 1);
    let common = depth;
    while (first[common] === last[common]) common++;
    const branch = this.branch(low, high, common, isRoot && common === depth);
    return common === depth ? branch : this.extension(first.subarray(0, common), depth, branch, isRoot);
  }

  private leaf(place: number, depth: number, isRoot: boolean): NodeReference {
    const key = this.key(place);
    const value = this.items[this.order[place] as number] as Uint8Array;
    const payload = pathSize(key.length - depth) + stringSize(value);
    hashBuffer.reserve(payload + headerMax);
    const { bytes, start } = hashBuffer;
    const offset = writePath(key, depth, true, bytes, writeRlpHeader(0xc0, payload, bytes, start));
    return this.reference(writeString(value, bytes, offset) - start, isRoot);
  }

  private branch(low: number, high: number, depth: number, isRoot: boolean): NodeReference {
    const children: (NodeReference | undefined)[] = [];
    let payload = 1;
    let place = low;
    for (let nibble = 0; nibble < 16; nibble++) {
      const begin = place;
      while (place < high && this.key(place)[depth] === nibble) place++;
      const child = place === begin ? undefined : this.build(begin, place, depth + 1, false);
      children.push(child);
      payload += child === undefined ? 1 : referenceSize(child);
    }
    hashBuffer.reserve(payload + headerMax);
    const { bytes, start } = hashBuffer;
    let offset = writeRlpHeader(0xc0, payload, bytes, start);
    for (const child of children) {
      if (child === undefined) bytes[offset++] = 0x80;
      else offset = writeReference(child, bytes, offset);
    }
    bytes[offset++] = 0x80;
    return this.reference(offset - start, isRoot);
  }

  private extension(path: Uint8Array, from: number, child: NodeReference, isRoot: boolean): NodeReference {
    const payload = pathSize(path.length - from) + referenceSize(child);
    hashBuffer.reserve(payload + headerMax);
    const { bytes, start } = hashBuffer;
    const offset = writePath(path, from, false, bytes, writeRlpHeader(0xc0, payload, bytes, start));
    return this.reference(writeReference(child, bytes, offset) - start, isRoot);
  }
}

/**
 * Root of the trie that maps rlp(index) to each item: the transactions root and the receipts root of a block. All keys are
 * known beforehand and nothing of the trie is kept, so it is hashed bottom up without being built.
 */
export function listRoot(items: readonly Uint8Array[]): Hash32 {
  return items.length === 0 ? emptyTrieRoot : new ListTrie(items).build(0, items.length, 0, true);
}
