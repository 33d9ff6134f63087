import type { Hash32 } from '@isoquorum/primitives/bytes';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { bytesToHex } from '@isoquorum/primitives/hex';
import type { ChainBlock } from './chain.ts';
import { keyToNumber, sideBlockKey, sideBlockRange } from './keys.ts';

/**
 * Executed blocks beside the canonical chain. One of them may become the parent of the head: its state has to stay as long as that of the
 * canonical block of its number.
 */
export interface SideBlocks {
  add(block: ChainBlock, operations: StoreOperation[]): void;
  remove(block: ChainBlock, operations: StoreOperation[]): void;
  /** Those of these numbers. */
  between(from: number, to: number): Iterable<Hash32>;
}

interface Entry {
  readonly number: number;
  readonly hash: Hash32;
}

/** @param keptFrom lowest number whose states are kept; what is below is forgotten */
export async function openSideBlocks(store: Store, keptFrom: () => number): Promise<SideBlocks> {
  const entries = new Map<string, Entry>();
  const prefixLength = sideBlockRange.gte.length;
  for await (const [key] of store.iterate(sideBlockRange)) {
    const hash = key.slice(prefixLength + 8);
    entries.set(bytesToHex(hash), { number: keyToNumber(key.subarray(prefixLength)), hash });
  }

  function drop({ number, hash }: Entry, operations: StoreOperation[]): void {
    if (entries.delete(bytesToHex(hash))) operations.push({ type: 'delete', key: sideBlockKey(number, hash) });
  }

  return {
    add({ hash, block }, operations) {
      const { number } = block.header;
      for (const entry of entries.values()) if (entry.number < keptFrom()) drop(entry, operations);
      entries.set(bytesToHex(hash), { number, hash });
      operations.push({ type: 'put', key: sideBlockKey(number, hash), value: new Uint8Array(0) });
    },
    remove: ({ hash, block }, operations) => drop({ number: block.header.number, hash }, operations),
    *between(from, to) {
      for (const { number, hash } of entries.values()) if (number >= from && number <= to) yield hash;
    },
  };
}
