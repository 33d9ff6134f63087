import { emptyBytes } from './bytes.ts';
import { bigintByteLength, writeBigint } from './integer.ts';
import { type RlpItem, RlpReader, readRlpItem } from './rlp-reader.ts';

export type { RlpItem } from './rlp-reader.ts';

export interface RlpDecodeOptions {
  /** Deepest allowed nesting of lists; 32 unless told. */
  readonly maxDepth?: number;
  /** Most items, lists included; 2^20 unless told. Bounds memory: one item may cost a single byte of input. */
  readonly maxItems?: number;
}

function lengthLength(length: number): number {
  return length < 0x100 ? 1 : length < 0x10000 ? 2 : length < 0x1000000 ? 3 : 4;
}

/** Size of the header before a payload of `length` bytes that is not a single byte below 0x80. */
export function rlpHeaderSize(length: number): number {
  return length < 56 ? 1 : 1 + lengthLength(length);
}

/** Writes a header (`base` 0x80 for strings, 0xc0 for lists) and returns the offset after it. */
export function writeRlpHeader(base: 0x80 | 0xc0, length: number, target: Uint8Array, offset: number): number {
  if (length < 56) {
    target[offset] = base + length;
    return offset + 1;
  }
  const size = lengthLength(length);
  target[offset] = base + 55 + size;
  for (let index = size, rest = length; index > 0; index--, rest >>>= 8) target[offset + index] = rest & 0xff;
  return offset + 1 + size;
}

/** Size of the RLP of an unsigned integer. */
export function rlpBigintSize(value: bigint): number {
  return value < 0x80n ? 1 : 1 + bigintByteLength(value);
}

/** Writes an unsigned integer of at most 55 bytes and returns the offset after it. */
export function writeRlpBigint(value: bigint, target: Uint8Array, offset: number): number {
  if (value < 0x80n) {
    target[offset] = value === 0n ? 0x80 : Number(value);
    return offset + 1;
  }
  const length = bigintByteLength(value);
  target[offset] = 0x80 + length;
  writeBigint(value, length, target, offset + 1);
  return offset + 1 + length;
}

/** First pass: size of each list's payload, in the order in which the second pass meets the lists. */
function measure(item: RlpItem, sizes: number[]): number {
  if (item instanceof Uint8Array) {
    const length = item.length;
    return length === 1 && (item[0] as number) < 0x80 ? 1 : rlpHeaderSize(length) + length;
  }
  const slot = sizes.length;
  sizes.push(0);
  let payload = 0;
  for (let index = 0; index < item.length; index++) payload += measure(item[index] as RlpItem, sizes);
  sizes[slot] = payload;
  return rlpHeaderSize(payload) + payload;
}

interface Cursor {
  offset: number;
  list: number;
}

function write(item: RlpItem, sizes: readonly number[], target: Uint8Array, cursor: Cursor): void {
  if (item instanceof Uint8Array) {
    if (item.length === 1 && (item[0] as number) < 0x80) {
      target[cursor.offset++] = item[0] as number;
      return;
    }
    const start = writeRlpHeader(0x80, item.length, target, cursor.offset);
    target.set(item, start);
    cursor.offset = start + item.length;
    return;
  }
  cursor.offset = writeRlpHeader(0xc0, sizes[cursor.list++] as number, target, cursor.offset);
  for (let index = 0; index < item.length; index++) write(item[index] as RlpItem, sizes, target, cursor);
}

/** RLP of an item (Ethereum yellow paper, appendix B). */
export function encodeRlp(item: RlpItem): Uint8Array {
  const sizes: number[] = [];
  const target = new Uint8Array(measure(item, sizes));
  write(item, sizes, target, { offset: 0, list: 0 });
  return target;
}

/** The list whose items are already encoded: each part is the RLP of one item (or of several). */
export function encodeRlpListOf(encodedItems: readonly Uint8Array[]): Uint8Array {
  let payload = 0;
  for (const encoded of encodedItems) payload += encoded.length;
  const target = new Uint8Array(rlpHeaderSize(payload) + payload);
  let offset = writeRlpHeader(0xc0, payload, target, 0);
  for (const encoded of encodedItems) {
    target.set(encoded, offset);
    offset += encoded.length;
  }
  return target;
}

/**
 * The one item that `bytes` is the canonical RLP of. Byte strings are views of `bytes`: copy what must outlive it.
 * @throws RLP_TOO_SHORT, RLP_NOT_CANONICAL, RLP_TRAILING_BYTES, RLP_TOO_DEEP, RLP_TOO_MANY_ITEMS
 */
export function decodeRlp(bytes: Uint8Array, options: RlpDecodeOptions = {}): RlpItem {
  const reader = new RlpReader(bytes);
  const item = readRlpItem(reader, options.maxDepth ?? 32, options.maxItems ?? 0x100000);
  reader.end();
  return item;
}

/** As {@link decodeRlp}, for a list. @throws also RLP_EXPECTED_LIST */
export function decodeRlpList(bytes: Uint8Array, options: RlpDecodeOptions = {}): readonly RlpItem[] {
  const reader = new RlpReader(bytes);
  reader.expectList();
  const item = readRlpItem(reader, options.maxDepth ?? 32, options.maxItems ?? 0x100000);
  reader.end();
  return item as readonly RlpItem[];
}

/** RLP of no bytes, 0x80. */
export const emptyRlpString: Uint8Array = Uint8Array.of(0x80);
/** RLP of the empty list, 0xc0. */
export const emptyRlpList: Uint8Array = Uint8Array.of(0xc0);

export { bigintToBytes as bigintToRlp, numberToBytes as numberToRlp } from './integer.ts';

/** The byte string for a flag: 1 or nothing. */
export function booleanToRlp(value: boolean): Uint8Array {
  return value ? Uint8Array.of(1) : emptyBytes;
}
