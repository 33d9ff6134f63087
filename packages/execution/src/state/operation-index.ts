import type { StoreOperation } from '@isoquorum/platform/store';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { codePrefix, nodePrefix, preimagePrefix } from './keys.ts';
import type { NodeSource } from './types.ts';

const hashLength = 32;

/**
 * Nodes, codes and preimages among the operations of a transition, found by hash. A table of numbers that begins where the first
 * bytes of a hash say: no strings are made, and nothing at all before somebody looks, for most results are never read back.
 */
export class OperationIndex implements NodeSource {
  readonly operations: readonly StoreOperation[];
  /** Index of an operation plus one, or 0; its length is a power of two. */
  private table: Int32Array | undefined;

  constructor(operations: readonly StoreOperation[]) {
    this.operations = operations;
  }

  private build(): Int32Array {
    const table = new Int32Array(1 << (33 - Math.clz32(this.operations.length)));
    const mask = table.length - 1;
    for (const [index, { type, key }] of this.operations.entries()) {
      if (type !== 'put' || key.length !== 1 + hashLength) continue;
      let place = placeOf(key, 1) & mask;
      while (table[place] !== 0) place = (place + 1) & mask;
      table[place] = index + 1;
    }
    this.table = table;
    return table;
  }

  private find(letter: number, hash: Hash32): Uint8Array | undefined {
    const table = this.table ?? this.build();
    const mask = table.length - 1;
    for (let place = placeOf(hash, 0) & mask; ; place = (place + 1) & mask) {
      const index = table[place] as number;
      if (index === 0) return undefined;
      const operation = this.operations[index - 1] as StoreOperation;
      if (operation.type === 'put' && operation.key[0] === letter && endsWith(operation.key, hash))
        return operation.value;
    }
  }

  node(hash: Hash32): Uint8Array | undefined {
    return this.find(nodePrefix, hash);
  }

  code(hash: Hash32): Uint8Array | undefined {
    return this.find(codePrefix, hash);
  }

  preimage(hash: Hash32): Uint8Array | undefined {
    return this.find(preimagePrefix, hash);
  }
}

/** Four bytes of a hash as a number: spread evenly, and dear to choose. */
function placeOf(bytes: Uint8Array, offset: number): number {
  let place = 0;
  for (let index = offset; index < offset + 4; index++) place = (place << 8) | (bytes[index] as number);
  return place;
}

/** Whether a key is its letter and this hash. */
function endsWith(key: Uint8Array, hash: Hash32): boolean {
  for (let index = 0; index < hashLength; index++) if (key[index + 1] !== hash[index]) return false;
  return true;
}
