import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import type { Store } from '@isoquorum/platform/store';
import { bloomRowKey, bloomSectionKey, PUBLIC_BLOOMS } from '../chain/keys.ts';
import { createRow, decodeRow, intersect, SECTION_BLOCKS, unite, type BloomRow } from './section.ts';

/** Bits of the bloom filter that an address or topic sets. */
export type ElementBits = readonly number[];

/** For each condition the elements of which a log must have one; a block must satisfy all conditions. */
export type BloomQuery = readonly (readonly ElementBits[])[];

/** Finds blocks by the bits of their bloom filters, section by section. */
export interface BloomIndex {
  /**
   * Blocks of a section that may hold what is asked for, as a private state sees them; undefined while the section is not indexed.
   * @throws BLOOM_ROW_INVALID
   */
  match(section: number, psi: string, query: BloomQuery): BloomRow | undefined;
  /** Whether a section is indexed for a private state, or for the public one. */
  isIndexed(section: number, name: string): boolean;
}

export interface BloomIndexOptions {
  readonly store: Store;
  readonly hashByNumber: (number: number) => Hash32 | undefined;
}

export function createBloomIndex({ store, hashByNumber }: BloomIndexOptions): BloomIndex {
  /** An entry counts only while its last block is on the chain. */
  function isIndexed(section: number, name: string): boolean {
    const hash = store.getSync(bloomSectionKey(name, section));
    const current = hashByNumber((section + 1) * SECTION_BLOCKS - 1);
    return hash !== undefined && current !== undefined && bytesEqual(hash, current);
  }

  /** One bit, public and private blocks together. */
  function rowOf(section: number, psi: string, bit: number): BloomRow {
    const row = createRow();
    for (const name of [PUBLIC_BLOOMS, psi]) {
      const encoded = store.getSync(bloomRowKey(name, section, bit));
      if (encoded !== undefined) unite(row, decodeRow(encoded));
    }
    return row;
  }

  return {
    isIndexed,
    match(section, psi, query) {
      if (!isIndexed(section, PUBLIC_BLOOMS) || !isIndexed(section, psi)) return undefined;
      const rows = new Map<number, BloomRow>();
      const row = (bit: number): BloomRow => {
        const known = rows.get(bit) ?? rowOf(section, psi, bit);
        rows.set(bit, known);
        return known;
      };
      const found = createRow().fill(0xff);
      for (const elements of query) {
        const any = createRow();
        for (const bits of elements) {
          const all = createRow().fill(0xff);
          for (const bit of bits) intersect(all, row(bit));
          unite(any, all);
        }
        intersect(found, any);
      }
      return found;
    },
  };
}
