import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { ParameterError } from '../errors.ts';
import { textMismatch, type ParameterCodec } from './codec.ts';

const HEX = /^[0-9a-fA-F]*$/;

/** Go's texts for hexadecimal that it refuses. */
export const HEX_ERRORS = {
  empty: 'empty hex string',
  syntax: 'invalid hex string',
  prefix: 'hex string without 0x prefix',
  odd: 'hex string of odd length',
  emptyNumber: 'hex string "0x"',
  leadingZero: 'hex number with leading zero digits',
  uint64: 'hex number > 64 bits',
  big256: 'hex number > 256 bits',
} as const;

/** Digits behind `0x` or `0X`; `undefined` without a prefix. */
function digitsOf(text: string): string | undefined {
  return text.length >= 2 && text.charAt(0) === '0' && (text.charAt(1) === 'x' || text.charAt(1) === 'X')
    ? text.slice(2)
    : undefined;
}

/** Bytes of fixed-size or variable text (hexutil's `checkText`); the empty text is no bytes. Returns why not as a text. */
function readBytesText(text: string): { readonly digits: string } | { readonly reason: string } {
  if (text === '') return { digits: '' };
  const digits = digitsOf(text);
  if (digits === undefined) return { reason: HEX_ERRORS.prefix };
  return digits.length % 2 === 1 ? { reason: HEX_ERRORS.odd } : { digits };
}

function fixedBytes<Value extends Uint8Array>(goType: string, length: number, form: string): ParameterCodec<Value> {
  return {
    goType,
    form,
    optional: false,
    decode: (json) => {
      if (typeof json !== 'string') throw textMismatch('non-string', goType);
      const read = readBytesText(json);
      if ('reason' in read) throw textMismatch(read.reason, goType);
      if (read.digits.length !== length * 2)
        throw new ParameterError(`hex string has length ${read.digits.length}, want ${length * 2} for ${goType}`);
      if (!HEX.test(read.digits)) throw textMismatch(HEX_ERRORS.syntax, goType);
      return hexToBytes(`0x${read.digits}`) as Value;
    },
    encode: (value) => bytesToHex(value),
  };
}

/** A 20-byte address. */
export const address: ParameterCodec<Address> = fixedBytes<Address>(
  'common.Address',
  20,
  'address, `0x` and 40 hex digits',
);
/** A 32-byte hash. */
export const hash: ParameterCodec<Hash32> = fixedBytes<Hash32>('common.Hash', 32, 'hash, `0x` and 64 hex digits');

/** Bytes of any length. */
export const bytes: ParameterCodec<Uint8Array> = {
  goType: 'hexutil.Bytes',
  form: 'bytes, `0x` and an even number of hex digits',
  optional: false,
  decode: (json) => {
    if (typeof json !== 'string') throw textMismatch('non-string', 'hexutil.Bytes');
    const read = readBytesText(json);
    if ('reason' in read) throw textMismatch(read.reason, 'hexutil.Bytes');
    if (!HEX.test(read.digits)) throw textMismatch(HEX_ERRORS.syntax, 'hexutil.Bytes');
    return hexToBytes(`0x${read.digits}`);
  },
  encode: (value) => bytesToHex(value),
};

/** A quantity as text: the value, or why not. `emptyAllowed` is what hexutil's JSON types do, the plain decoder does not. */
export function readQuantity(
  text: string,
  digitsMax: number,
  tooLarge: string,
  emptyAllowed: boolean,
): bigint | string {
  if (text === '') return emptyAllowed ? 0n : HEX_ERRORS.empty;
  const digits = digitsOf(text);
  if (digits === undefined) return HEX_ERRORS.prefix;
  if (digits === '') return HEX_ERRORS.emptyNumber;
  if (digits.length > 1 && digits.startsWith('0')) return HEX_ERRORS.leadingZero;
  if (digits.length > digitsMax) return tooLarge;
  return HEX.test(digits) ? BigInt(`0x${digits}`) : HEX_ERRORS.syntax;
}

function quantity(goType: string, reportedType: string, digitsMax: number, tooLarge: string): ParameterCodec<bigint> {
  return {
    goType,
    form: 'quantity, `0x` and hex digits without leading zeros',
    optional: false,
    decode: (json) => {
      if (typeof json !== 'string') throw textMismatch('non-string', reportedType);
      const read = readQuantity(json, digitsMax, tooLarge, true);
      if (typeof read === 'string') throw textMismatch(read, reportedType);
      return read;
    },
    encode: (value) => `0x${value.toString(16)}`,
  };
}

/** Up to 256 bits: wei, gas price. */
export const big: ParameterCodec<bigint> = quantity('hexutil.Big', '*hexutil.Big', 64, HEX_ERRORS.big256);
/** Up to 64 bits: gas, nonce. */
export const uint64Quantity: ParameterCodec<bigint> = quantity(
  'hexutil.Uint64',
  'hexutil.Uint64',
  16,
  HEX_ERRORS.uint64,
);

/** An index: 64 bits in Go; more than is safe in JavaScript is as good as infinite. */
export const index: ParameterCodec<number> = {
  ...quantity('hexutil.Uint', 'hexutil.Uint', 16, HEX_ERRORS.uint64),
  decode: (json) => Number(quantity('hexutil.Uint', 'hexutil.Uint', 16, HEX_ERRORS.uint64).decode(json)),
  encode: (value) => `0x${value.toString(16)}`,
};

/** What `hexutil.Decode` makes of a text inside a filter. @throws ParameterError with its bare text */
export function decodeHexText(text: string): Uint8Array {
  if (text === '') throw new ParameterError(HEX_ERRORS.empty);
  const digits = digitsOf(text);
  if (digits === undefined) throw new ParameterError(HEX_ERRORS.prefix);
  if (!HEX.test(digits)) throw new ParameterError(HEX_ERRORS.syntax);
  if (digits.length % 2 === 1) throw new ParameterError(HEX_ERRORS.odd);
  return hexToBytes(`0x${digits}`);
}
