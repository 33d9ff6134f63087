import { bloomLength } from '@isoquorum/primitives/bloom';
import { IsoquorumError } from '@isoquorum/primitives/errors';

/** Blocks of one section: as many as in geth's index. */
export const SECTION_BLOCKS = 4096;
/** Bits of a bloom filter. */
export const BLOOM_BITS: number = bloomLength * 8;
const ROW_BYTES = SECTION_BLOCKS / 8;
const SPARSE = 1;
const DENSE = 2;
/** So many blocks are cheaper as a list than as bits. */
const SPARSE_MAX = ROW_BYTES / 2 - 1;

/** One bit of the bloom filters of a section's blocks: bit n is that of block n (lowest bit first in its byte). */
export type BloomRow = Uint8Array;

export function createRow(): BloomRow {
  return new Uint8Array(ROW_BYTES);
}

/** The filters of a section's blocks, turned by 90 degrees: one row for each bit of a filter; rows without a block stay away. */
export class BloomSection {
  readonly rows: Map<number, BloomRow> = new Map();

  /** Takes the filter of the block at a place of the section. */
  add(place: number, bloom: Uint8Array): void {
    for (let index = 0; index < bloom.length; index += 1) {
      const byte = bloom[index] as number;
      if (byte === 0) continue;
      const first = (bloom.length - 1 - index) * 8;
      for (let bit = 0; bit < 8; bit += 1) if ((byte & (1 << bit)) !== 0) this.mark(first + bit, place);
    }
  }

  private mark(bit: number, place: number): void {
    let row = this.rows.get(bit);
    if (row === undefined) {
      row = createRow();
      this.rows.set(bit, row);
    }
    row[place >> 3] = (row[place >> 3] as number) | (1 << (place & 7));
  }
}

/** Places of a row, ascending. */
export function* placesOf(row: BloomRow): Generator<number> {
  for (let index = 0; index < ROW_BYTES; index += 1) {
    const byte = row[index] as number;
    if (byte === 0) continue;
    for (let bit = 0; bit < 8; bit += 1) if ((byte & (1 << bit)) !== 0) yield index * 8 + bit;
  }
}

/** A row as stored: a list of places (two bytes each) while it is short, else its bits. */
export function encodeRow(row: BloomRow): Uint8Array {
  const places = [...placesOf(row)];
  if (places.length > SPARSE_MAX) {
    const dense = new Uint8Array(1 + ROW_BYTES);
    dense[0] = DENSE;
    dense.set(row, 1);
    return dense;
  }
  const sparse = new Uint8Array(1 + 2 * places.length);
  sparse[0] = SPARSE;
  for (const [index, place] of places.entries()) {
    sparse[1 + 2 * index] = place >> 8;
    sparse[2 + 2 * index] = place & 0xff;
  }
  return sparse;
}

/** @throws BLOOM_ROW_INVALID */
export function decodeRow(encoded: Uint8Array): BloomRow {
  const invalid = (): IsoquorumError =>
    new IsoquorumError('BLOOM_ROW_INVALID', 'a row of the log index is damaged', {});
  if (encoded[0] === DENSE) {
    if (encoded.length !== 1 + ROW_BYTES) throw invalid();
    return encoded.slice(1);
  }
  if (encoded[0] !== SPARSE || encoded.length % 2 !== 1) throw invalid();
  const row = createRow();
  for (let index = 1; index < encoded.length; index += 2) {
    const place = ((encoded[index] as number) << 8) | (encoded[index + 1] as number);
    if (place >= SECTION_BLOCKS) throw invalid();
    row[place >> 3] = (row[place >> 3] as number) | (1 << (place & 7));
  }
  return row;
}

/** Adds the blocks of another row. */
export function unite(row: BloomRow, other: BloomRow): void {
  for (let index = 0; index < ROW_BYTES; index += 1) row[index] = (row[index] as number) | (other[index] as number);
}

/** Keeps the blocks that another row has too. */
export function intersect(row: BloomRow, other: BloomRow): void {
  for (let index = 0; index < ROW_BYTES; index += 1) row[index] = (row[index] as number) & (other[index] as number);
}
