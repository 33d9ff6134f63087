import { IsoquorumError } from '@isoquorum/primitives/errors';

/** Codes of everything that decodes Tessera's length-prefixed bytes; `fields.field` names what was read. */
export type BinaryErrorCode =
  | 'BINARY_TRUNCATED' // the bytes end inside a field
  | 'BINARY_LENGTH_INVALID'; // a length or count that cannot fit

/** Writes Tessera's primitives: an 8-byte big-endian length before the bytes, a count before an array (tessera.md 1.2). */
export class BinaryWriter {
  private readonly parts: Uint8Array[] = [];
  private size = 0;

  private push(bytes: Uint8Array): void {
    this.parts.push(bytes);
    this.size += bytes.length;
  }

  /** An 8-byte big-endian number. */
  count(value: number): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
    this.push(bytes);
    return this;
  }

  field(bytes: Uint8Array): this {
    this.count(bytes.length);
    this.push(bytes);
    return this;
  }

  array(items: readonly Uint8Array[]): this {
    this.count(items.length);
    for (const item of items) this.field(item);
    return this;
  }

  toBytes(): Uint8Array {
    const joined = new Uint8Array(this.size);
    let offset = 0;
    for (const part of this.parts) {
      joined.set(part, offset);
      offset += part.length;
    }
    return joined;
  }
}

/** Reads what {@link BinaryWriter} writes. Fields are views of the input; cost is bounded by the input's length. */
export class BinaryReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private offset = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  private length(field: string, unitBytes: number): number {
    if (this.remaining < 8) {
      throw new IsoquorumError('BINARY_TRUNCATED', `${field}: input ends inside a length`, {
        field,
        offset: this.offset,
      });
    }
    const length = this.view.getBigInt64(this.offset);
    this.offset += 8;
    if (length < 0n || length >= 0x7fffffffn) {
      throw new IsoquorumError('BINARY_LENGTH_INVALID', `Invalid length ${length}`, { field, length: String(length) });
    }
    if (Number(length) * unitBytes > this.remaining) {
      throw new IsoquorumError('BINARY_TRUNCATED', `${field}: input ends inside the data`, {
        field,
        length: String(length),
      });
    }
    return Number(length);
  }

  /** A count of items that take at least `itemBytesMin` bytes each. @throws BINARY_TRUNCATED, BINARY_LENGTH_INVALID */
  count(field: string, itemBytesMin: number): number {
    return this.length(field, itemBytesMin);
  }

  /** @throws BINARY_TRUNCATED, BINARY_LENGTH_INVALID */
  field(field: string): Uint8Array {
    const length = this.length(field, 1);
    this.offset += length;
    return this.bytes.subarray(this.offset - length, this.offset);
  }

  /** @throws BINARY_TRUNCATED, BINARY_LENGTH_INVALID */
  array(field: string): Uint8Array[] {
    const count = this.count(field, 8);
    const items: Uint8Array[] = [];
    for (let index = 0; index < count; index++) items.push(this.field(field));
    return items;
  }
}
