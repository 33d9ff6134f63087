import type { Address } from '@isoquorum/primitives/bytes';

/** 2^256 - 1. */
export const MASK: bigint = (1n << 256n) - 1n;
const SIGN = 1n << 255n;
const TWO_256 = 1n << 256n;

export function toSigned(value: bigint): bigint {
  return value >= SIGN ? value - TWO_256 : value;
}

export function fromSigned(value: bigint): bigint {
  return value < 0n ? value + TWO_256 : value;
}

/** A word's low 20 bytes as a fresh address. */
export function wordToAddress(word: bigint): Address {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Number((word >> 128n) & 0xffffffffn));
  view.setBigUint64(4, BigInt.asUintN(64, word >> 64n));
  view.setBigUint64(12, BigInt.asUintN(64, word));
  return bytes;
}

/** Up to 32 bytes, big-endian, as a word. */
export function bytesToWord(bytes: Uint8Array): bigint {
  const { length } = bytes;
  if (length === 32) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, 32);
    const high = (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
    return (high << 128n) | (view.getBigUint64(16) << 64n) | view.getBigUint64(24);
  }
  let word = 0n;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    word =
      (word << 32n) |
      BigInt(
        (((bytes[at] ?? 0) << 24) |
          ((bytes[at + 1] ?? 0) << 16) |
          ((bytes[at + 2] ?? 0) << 8) |
          (bytes[at + 3] ?? 0)) >>>
          0,
      );
  }
  for (; at < length; at += 1) word = (word << 8n) | BigInt(bytes[at] ?? 0);
  return word;
}

export function wordToBytes(word: bigint): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, word >> 192n);
  view.setBigUint64(8, BigInt.asUintN(64, word >> 128n));
  view.setBigUint64(16, BigInt.asUintN(64, word >> 64n));
  view.setBigUint64(24, BigInt.asUintN(64, word));
  return bytes;
}

/** Bytes that the minimal big-endian form of a word takes. */
export function byteLengthOf(word: bigint): number {
  return word === 0n ? 0 : (word.toString(16).length + 1) >> 1;
}

export function exponentiate(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) & MASK;
    square = (square * square) & MASK;
  }
  return result;
}

export function signExtend(position: bigint, value: bigint): bigint {
  if (position > 30n) return value;
  const bits = position * 8n + 8n;
  return BigInt.asUintN(256, BigInt.asIntN(Number(bits), value));
}

export function byteAt(position: bigint, value: bigint): bigint {
  return position > 31n ? 0n : (value >> (248n - position * 8n)) & 0xffn;
}

export function shiftRightSigned(shift: bigint, value: bigint): bigint {
  const signed = toSigned(value);
  if (shift > 255n) return signed < 0n ? MASK : 0n;
  return fromSigned(signed >> shift);
}
