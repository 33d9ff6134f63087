import { IsoquorumError } from './errors.ts';

/** Text is not `0x` hexadecimal of the wanted form; `field` names what was read. */
export type HexErrorCode = 'HEX_INVALID' | 'QUANTITY_INVALID';

const digits: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Value of one hexadecimal digit, or -1. */
function nibble(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  return -1;
}

function fail(code: HexErrorCode, message: string, field: string): never {
  throw new IsoquorumError(code, message, { field });
}

/** Bytes as `0x` and two lower-case digits per byte. */
export function bytesToHex(bytes: Uint8Array): `0x${string}` {
  return `0x${bytesToBareHex(bytes)}`;
}

/** Bytes as two lower-case digits per byte, without `0x`. */
export function bytesToBareHex(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; index++) text += digits[bytes[index] as number];
  return text;
}

function parseDigits(text: string, start: number, field: string): Uint8Array {
  const length = text.length - start;
  if (length % 2 !== 0) fail('HEX_INVALID', `${field}: hex string of odd length`, field);
  const bytes = new Uint8Array(length / 2);
  for (let index = 0; index < bytes.length; index++) {
    const high = nibble(text.charCodeAt(start + 2 * index));
    const low = nibble(text.charCodeAt(start + 2 * index + 1));
    if (high < 0 || low < 0) fail('HEX_INVALID', `${field}: invalid hex string`, field);
    bytes[index] = high * 16 + low;
  }
  return bytes;
}

/**
 * Strict: `0x` (lower-case x), then an even number of digits of either case.
 * @param field named in the error
 * @throws HEX_INVALID
 */
export function hexToBytes(text: string, field = 'hex'): Uint8Array {
  if (typeof text !== 'string' || text.charCodeAt(0) !== 48 || text.charCodeAt(1) !== 120)
    fail('HEX_INVALID', `${field}: hex string without 0x prefix`, field);
  return parseDigits(text, 2, field);
}

/** As {@link hexToBytes}, without `0x`. @throws HEX_INVALID */
export function bareHexToBytes(text: string, field = 'hex'): Uint8Array {
  if (typeof text !== 'string') fail('HEX_INVALID', `${field}: not a string`, field);
  return parseDigits(text, 0, field);
}

/** As {@link hexToBytes}, of exactly `length` bytes. @throws HEX_INVALID */
export function hexToFixedBytes(text: string, length: number, field = 'hex'): Uint8Array {
  const bytes = hexToBytes(text, field);
  if (bytes.length !== length)
    fail('HEX_INVALID', `${field}: expected ${length} bytes, but got ${bytes.length}`, field);
  return bytes;
}

export function bytesEqual(left: Uint8Array, right: Uint8Array): boolean {
  if (left === right) return true;
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}

/** Order of unsigned bytes; a prefix comes first. Negative, zero or positive. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const common = Math.min(left.length, right.length);
  for (let index = 0; index < common; index++) {
    const difference = (left[index] as number) - (right[index] as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** True when every byte is zero (also for no bytes). */
export function isZeroBytes(bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index++) if (bytes[index] !== 0) return false;
  return true;
}

/** JSON-RPC quantity: `0x0`, no leading zeros. */
export function bigintToQuantity(value: bigint | number): `0x${string}` {
  return `0x${value.toString(16)}`;
}

/**
 * Strict JSON-RPC quantity: `0x`, at least one digit, no leading zero, at most `bits` bits (256 unless told).
 * Texts are those of geth's hexutil.
 * @throws QUANTITY_INVALID
 */
export function quantityToBigint(text: string, field = 'quantity', bits = 256): bigint {
  if (typeof text !== 'string' || text === '') fail('QUANTITY_INVALID', 'empty hex string', field);
  if (!/^0[xX]/.test(text)) fail('QUANTITY_INVALID', 'hex string without 0x prefix', field);
  if (text.length === 2) fail('QUANTITY_INVALID', 'hex string "0x"', field);
  if (!/^0[xX][0-9a-fA-F]+$/.test(text)) fail('QUANTITY_INVALID', 'invalid hex string', field);
  if (text.length > 3 && text[2] === '0') fail('QUANTITY_INVALID', 'hex number with leading zero digits', field);
  if ((text.length - 2) * 4 > bits + 3) fail('QUANTITY_INVALID', `hex number > ${bits} bits`, field);
  const value = BigInt(text);
  if (value >> BigInt(bits) !== 0n) fail('QUANTITY_INVALID', `hex number > ${bits} bits`, field);
  return value;
}

/** A quantity that fits a safe integer (block numbers, indexes). @throws QUANTITY_INVALID */
export function quantityToNumber(text: string, field = 'quantity'): number {
  const value = quantityToBigint(text, field, 64);
  if (value > 0x1fffffffffffffn) fail('QUANTITY_INVALID', 'hex number > 53 bits', field);
  return Number(value);
}
