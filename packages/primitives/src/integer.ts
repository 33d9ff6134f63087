/** Big-endian bytes of unsigned integers, without detours over text. */

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const wordView = new DataView(new ArrayBuffer(32));
const word = new Uint8Array(wordView.buffer);

/** Any number of big-endian bytes (none is 0) as an integer. */
export function bytesToBigint(bytes: Uint8Array): bigint {
  return readBigint(bytes, 0, bytes.length);
}

/** The big-endian bytes from `start` to before `end` as an integer. */
export function readBigint(bytes: Uint8Array, start: number, end: number): bigint {
  const length = end - start;
  if (length <= 6) return BigInt(readNumber(bytes, start, end));
  if (length <= 32) {
    // Through one view for all: a view of its own for each integer costs more than the copy.
    word.fill(0, 0, 32 - length);
    for (let index = 0; index < length; index++) word[32 - length + index] = bytes[start + index] as number;
    const low = wordView.getBigUint64(24);
    if (length <= 8) return low;
    const half = (wordView.getBigUint64(16) << 64n) | low;
    if (length <= 16) return half;
    return (((wordView.getBigUint64(0) << 64n) | wordView.getBigUint64(8)) << 128n) | half;
  }
  const view = viewOf(bytes);
  let position = start + (length % 8);
  let value = 0n;
  for (let index = start; index < position; index++) value = (value << 8n) | BigInt(bytes[index] as number);
  for (; position < end; position += 8) value = (value << 64n) | view.getBigUint64(position);
  return value;
}

/** At most six big-endian bytes as a number. */
export function bytesToNumber(bytes: Uint8Array): number {
  return readNumber(bytes, 0, bytes.length);
}

/** The big-endian bytes, at most six, from `start` to before `end` as a number. */
export function readNumber(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let index = start; index < end; index++) value = value * 256 + (bytes[index] as number);
  return value;
}

/** Number of bytes of the shortest big-endian form; 0 for 0. */
export function bigintByteLength(value: bigint): number {
  if (value <= 0xffffffffffffn) return numberByteLength(Number(value));
  let length = 0;
  let rest = value;
  while (rest > 0xffffffffffffn) {
    rest >>= 48n;
    length += 6;
  }
  return length + numberByteLength(Number(rest));
}

/** As {@link bigintByteLength}, for a safe integer. */
export function numberByteLength(value: number): number {
  let length = 0;
  for (let rest = value; rest >= 1; rest = Math.floor(rest / 256)) length++;
  return length;
}

/** Writes the `length` low bytes of `value` at `offset`. */
export function writeBigint(value: bigint, length: number, target: Uint8Array, offset: number): void {
  if (length <= 6) {
    writeNumber(Number(BigInt.asUintN(48, value)), length, target, offset);
    return;
  }
  const view = viewOf(target);
  let rest = value;
  let end = offset + length;
  while (end - offset >= 8) {
    end -= 8;
    view.setBigUint64(end, BigInt.asUintN(64, rest));
    rest >>= 64n;
  }
  if (end > offset) writeBigint(rest, 1, target, end - 1);
  while (end - offset > 1) {
    rest >>= 8n;
    end--;
    writeNumber(Number(rest & 0xffn), 1, target, end - 1);
  }
}

/** Writes a safe integer as `length` big-endian bytes at `offset`. */
export function writeNumber(value: number, length: number, target: Uint8Array, offset: number): void {
  let rest = value;
  for (let index = offset + length - 1; index >= offset; index--) {
    target[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

/** The shortest big-endian form; no bytes for 0. */
export function bigintToBytes(value: bigint): Uint8Array {
  const bytes = new Uint8Array(bigintByteLength(value));
  writeBigint(value, bytes.length, bytes, 0);
  return bytes;
}

/** Exactly `length` big-endian bytes; higher bits are dropped. */
export function bigintToFixedBytes(value: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  writeBigint(value, length, bytes, 0);
  return bytes;
}

/** The shortest big-endian form of a safe integer; no bytes for 0. */
export function numberToBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(numberByteLength(value));
  writeNumber(value, bytes.length, bytes, 0);
  return bytes;
}
