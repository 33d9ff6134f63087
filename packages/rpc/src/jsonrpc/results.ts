import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';

/** How a result travels. `decode` is for the typed client; it trusts the shape of what a node answers. */
export interface ResultCodec<Value> {
  /** What a caller gets, for the documentation. */
  readonly form: string;
  encode(value: Value): unknown;
  decode(json: unknown): Value;
}

/** A result whose inside is its wire form. */
export function json<Value>(form: string): ResultCodec<Value> {
  return { form, encode: (value) => value, decode: (value) => value as Value };
}

/** The same, or null. */
export function nullable<Value>(codec: ResultCodec<Value>): ResultCodec<Value | undefined> {
  return {
    form: `${codec.form}, or null`,
    encode: (value) => (value === undefined ? null : codec.encode(value)),
    decode: (value) => (value === null ? undefined : codec.decode(value)),
  };
}

export const quantityResult: ResultCodec<bigint> = {
  form: 'quantity',
  encode: (value) => `0x${value.toString(16)}`,
  decode: (value) => BigInt(value as string),
};

export const numberQuantityResult: ResultCodec<number> = {
  form: 'quantity',
  encode: (value) => `0x${value.toString(16)}`,
  decode: (value) => Number(value as string),
};

export const bytesResult: ResultCodec<Uint8Array> = {
  form: 'bytes',
  encode: (value) => bytesToHex(value),
  decode: (value) => hexToBytes(value as string),
};

export const hashResult: ResultCodec<Hash32> = { ...bytesResult, form: 'hash' };
export const addressResult: ResultCodec<Address> = { ...bytesResult, form: 'address' };

export const addressesResult: ResultCodec<readonly Address[]> = {
  form: 'list of addresses',
  encode: (value) => value.map((entry) => bytesToHex(entry)),
  decode: (value) => (value as readonly string[]).map((entry) => hexToBytes(entry)),
};

export const boolResult: ResultCodec<boolean> = json<boolean>('true or false');
export const textResult: ResultCodec<string> = json<string>('string');
