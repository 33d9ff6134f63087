import { emptyBytes } from './bytes.ts';
import { IsoquorumError } from './errors.ts';
import { readBigint, readNumber } from './integer.ts';

/** A byte string or a list of items. */
export type RlpItem = Uint8Array | readonly RlpItem[];

/** Bytes are not canonical RLP, or not of the expected shape; fields: `offset`, and `field` when the caller named one. */
export type RlpErrorCode =
  | 'RLP_TOO_SHORT'
  | 'RLP_NOT_CANONICAL'
  | 'RLP_TRAILING_BYTES'
  | 'RLP_TOO_DEEP'
  | 'RLP_TOO_MANY_ITEMS'
  | 'RLP_EXPECTED_LIST'
  | 'RLP_EXPECTED_BYTES'
  | 'RLP_LENGTH_MISMATCH'
  | 'RLP_INTEGER_INVALID';

/**
 * Reads canonical RLP item by item, without building a tree. A reader stands before the next item of one list (or of the
 * whole input); every method that reads takes the name of the field, for errors.
 */
export class RlpReader {
  readonly bytes: Uint8Array;
  /** Offset of the next item. */
  position: number;
  /** Offset after the last item of this list. */
  readonly limit: number;
  private payloadStart = 0;
  private payloadEnd = 0;
  private isListHeader = false;

  constructor(bytes: Uint8Array, position = 0, limit: number = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.limit = limit;
  }

  /** Throws an error of the given code at the current position. */
  fail(code: RlpErrorCode, message: string, field?: string): never {
    const name = field === undefined ? 'rlp' : field;
    throw new IsoquorumError(code, `${name}: ${message}`, { field: name, offset: this.position });
  }

  /** True while items remain. */
  get hasMore(): boolean {
    return this.position < this.limit;
  }

  /** Requires that no item remains. @throws RLP_TRAILING_BYTES */
  end(field?: string): void {
    if (this.position !== this.limit) this.fail('RLP_TRAILING_BYTES', 'bytes after the last expected item', field);
  }

  private header(field?: string): void {
    const { bytes, position, limit } = this;
    if (position >= limit) this.fail('RLP_TOO_SHORT', 'item missing', field);
    const first = bytes[position] as number;
    this.isListHeader = first >= 0xc0;
    if (first < 0x80) {
      this.payloadStart = position;
      this.payloadEnd = position + 1;
      return;
    }
    const short = first - (this.isListHeader ? 0xc0 : 0x80);
    let start = position + 1;
    let length = short;
    if (short > 55) {
      const size = short - 55;
      if (start + size > limit) this.fail('RLP_TOO_SHORT', 'input ends inside a length', field);
      if (bytes[start] === 0) this.fail('RLP_NOT_CANONICAL', 'length with a leading zero', field);
      length = 0;
      for (let index = 0; index < size; index++) length = length * 256 + (bytes[start + index] as number);
      if (length < 56) this.fail('RLP_NOT_CANONICAL', 'long form of a short length', field);
      start += size;
    }
    if (length > limit - start) this.fail('RLP_TOO_SHORT', 'input ends inside an item', field);
    if (short === 1 && !this.isListHeader && (bytes[start] as number) < 0x80)
      this.fail('RLP_NOT_CANONICAL', 'single byte with a header', field);
    this.payloadStart = start;
    this.payloadEnd = start + length;
  }

  /** True when the next item is a list. @throws RLP_TOO_SHORT when there is none, and errors of its header */
  nextIsList(field?: string): boolean {
    this.header(field);
    return this.isListHeader;
  }

  /** Requires that the next item is a list, without reading it. */
  expectList(field?: string): void {
    if (!this.nextIsList(field)) this.fail('RLP_EXPECTED_LIST', 'expected a list', field);
  }

  /** The next byte string, a view. */
  readBytes(field?: string): Uint8Array {
    this.header(field);
    if (this.isListHeader) this.fail('RLP_EXPECTED_BYTES', 'expected a byte string', field);
    this.position = this.payloadEnd;
    return this.payloadStart === this.payloadEnd ? emptyBytes : this.bytes.subarray(this.payloadStart, this.payloadEnd);
  }

  /** The next byte string, which must have `length` bytes. @throws also RLP_LENGTH_MISMATCH */
  readFixed(length: number, field?: string): Uint8Array {
    const position = this.position;
    const value = this.readBytes(field);
    if (value.length !== length) {
      this.position = position;
      this.fail('RLP_LENGTH_MISMATCH', `expected ${length} bytes, got ${value.length}`, field);
    }
    return value;
  }

  /** The next byte string, which must have `length` bytes or none (then `undefined`). @throws also RLP_LENGTH_MISMATCH */
  readOptionalFixed(length: number, field?: string): Uint8Array | undefined {
    this.header(field);
    if (!this.isListHeader && this.payloadStart === this.payloadEnd) {
      this.position = this.payloadEnd;
      return undefined;
    }
    return this.readFixed(length, field);
  }

  /** Goes behind the next integer, whose bytes are then from `payloadStart` to `payloadEnd`: no view of them is made. */
  private passInteger(maxBytes: number, field?: string): void {
    this.header(field);
    if (this.isListHeader) this.fail('RLP_EXPECTED_BYTES', 'expected a byte string', field);
    const { payloadStart, payloadEnd } = this;
    if (payloadEnd - payloadStart > maxBytes)
      this.fail('RLP_INTEGER_INVALID', `integer of more than ${maxBytes * 8} bits`, field);
    if (payloadEnd > payloadStart && this.bytes[payloadStart] === 0)
      this.fail('RLP_INTEGER_INVALID', 'integer with a leading zero', field);
    this.position = payloadEnd;
  }

  /** The next unsigned integer of at most `maxBytes` bytes (32 unless told). @throws also RLP_INTEGER_INVALID */
  readBigint(field?: string, maxBytes = 32): bigint {
    this.passInteger(maxBytes, field);
    return readBigint(this.bytes, this.payloadStart, this.payloadEnd);
  }

  /** The next unsigned integer, at most 2^53 - 1. @throws also RLP_INTEGER_INVALID */
  readNumber(field?: string): number {
    const { position } = this;
    this.passInteger(7, field);
    const value = readNumber(this.bytes, this.payloadStart, this.payloadEnd);
    if (!Number.isSafeInteger(value)) {
      this.position = position;
      this.fail('RLP_INTEGER_INVALID', 'integer of more than 53 bits', field);
    }
    return value;
  }

  /** A reader over the items of the next list; this reader goes on behind it. @throws RLP_EXPECTED_LIST */
  readList(field?: string): RlpReader {
    this.header(field);
    if (!this.isListHeader) this.fail('RLP_EXPECTED_LIST', 'expected a list', field);
    this.position = this.payloadEnd;
    return new RlpReader(this.bytes, this.payloadStart, this.payloadEnd);
  }

  /** The encoded next item with its header, a view; the inside of a list is not checked. */
  readRaw(field?: string): Uint8Array {
    this.header(field);
    const start = this.position;
    this.position = this.payloadEnd;
    return this.bytes.subarray(start, this.payloadEnd);
  }

  /** The next list read with `read` for each item, at most `maxItems`. @throws also RLP_TOO_MANY_ITEMS */
  readListOf<T>(field: string, read: (reader: RlpReader, index: number) => T, maxItems = 0x100000): T[] {
    const inner = this.readList(field);
    const items: T[] = [];
    while (inner.hasMore) {
      if (items.length >= maxItems) this.fail('RLP_TOO_MANY_ITEMS', `more than ${maxItems} items`, field);
      items.push(read(inner, items.length));
    }
    return items;
  }
}

/** The next item with everything inside. Recursion is bounded by `maxDepth`. */
export function readRlpItem(reader: RlpReader, maxDepth: number, maxItems: number): RlpItem {
  let left = maxItems;
  const read = (from: RlpReader, depth: number): RlpItem => {
    if (left-- <= 0) from.fail('RLP_TOO_MANY_ITEMS', `more than ${maxItems} items`);
    if (!from.nextIsList()) return from.readBytes();
    if (depth >= maxDepth) from.fail('RLP_TOO_DEEP', `lists nested deeper than ${maxDepth}`);
    const inner = from.readList();
    const items: RlpItem[] = [];
    while (inner.hasMore) items.push(read(inner, depth + 1));
    return items;
  };
  return read(reader, 0);
}
