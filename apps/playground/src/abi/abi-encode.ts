import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { concatBytes, hexToBytes } from '@isoquorum/primitives/hex';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { type AbiType, abiError, headSize, isDynamicType, type NamedAbiType } from './abi-type.ts';

/** A value for the ABI as a form holds it: text for elementary types, arrays for arrays and tuples. */
export type AbiInput = string | readonly AbiInput[];

/** Pads to a multiple of 32 bytes, on the right. */
function padRight(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil(bytes.length / 32) * 32);
  padded.set(bytes);
  return padded;
}

function parseInteger(text: string, type: { kind: 'uint' | 'int'; bits: number }, at: string): bigint {
  const trimmed = text.trim().replaceAll('_', '');
  if (!/^(-?\d+|0x[0-9a-fA-F]+)$/.test(trimmed)) throw abiError(`${at}: a whole number is wanted.`, at);
  const value = BigInt(trimmed);
  const low = type.kind === 'uint' ? 0n : -(1n << BigInt(type.bits - 1));
  const high = type.kind === 'uint' ? 1n << BigInt(type.bits) : 1n << BigInt(type.bits - 1);
  if (value < low || value >= high) throw abiError(`${at}: does not fit ${type.kind}${type.bits}.`, at);
  return value;
}

function parseHex(text: string, at: string): Uint8Array {
  try {
    return hexToBytes(text.trim(), at);
  } catch {
    throw abiError(`${at}: 0x followed by pairs of hexadecimal digits is wanted.`, at);
  }
}

function elementaryText(value: AbiInput, at: string): string {
  if (typeof value !== 'string') throw abiError(`${at}: one value is wanted, not a list.`, at);
  return value;
}

function list(value: AbiInput, at: string): readonly AbiInput[] {
  if (typeof value === 'string') throw abiError(`${at}: a list is wanted.`, at);
  return value;
}

/**
 * Encodes one value.
 * @param at what the value is called, for errors
 * @throws ABI_INVALID
 */
export function encodeAbiValue(type: AbiType, value: AbiInput, at: string): Uint8Array {
  switch (type.kind) {
    case 'uint':
    case 'int': {
      const text = elementaryText(value, at);
      return bigintToFixedBytes(BigInt.asUintN(256, parseInteger(text, { kind: type.kind, bits: type.bits }, at)), 32);
    }
    case 'bool': {
      const text = elementaryText(value, at).trim().toLowerCase();
      if (text !== 'true' && text !== 'false') throw abiError(`${at}: true or false is wanted.`, at);
      return bigintToFixedBytes(text === 'true' ? 1n : 0n, 32);
    }
    case 'address': {
      const bytes = parseHex(elementaryText(value, at), at);
      if (bytes.length !== 20) throw abiError(`${at}: an address has 20 bytes.`, at);
      return concatBytes(new Uint8Array(12), bytes);
    }
    case 'fixedBytes': {
      const bytes = parseHex(elementaryText(value, at), at);
      if (bytes.length !== type.length) throw abiError(`${at}: ${type.length} bytes are wanted.`, at);
      return padRight(bytes);
    }
    case 'bytes':
    case 'string': {
      const text = elementaryText(value, at);
      const bytes = type.kind === 'string' ? utf8ToBytes(text) : parseHex(text, at);
      return concatBytes(bigintToFixedBytes(BigInt(bytes.length), 32), padRight(bytes));
    }
    case 'array': {
      const items = list(value, at);
      if (type.length !== undefined && items.length !== type.length)
        throw abiError(`${at}: ${type.length} items are wanted.`, at);
      const body = encodeAbiValues(
        items.map((_, index) => ({ name: `${at}[${index}]`, type: type.item })),
        items,
      );
      return type.length === undefined ? concatBytes(bigintToFixedBytes(BigInt(items.length), 32), body) : body;
    }
    case 'tuple':
      return encodeAbiValues(type.components, list(value, at));
  }
}

/**
 * Encodes the arguments of a function or constructor, without selector.
 * @throws ABI_INVALID when a value does not fit its type; `fields.at` names it
 */
export function encodeAbiValues(types: readonly NamedAbiType[], values: readonly AbiInput[]): Uint8Array {
  if (types.length !== values.length)
    throw abiError(`${types.length} values are wanted, ${values.length} are given.`, 'arguments');
  const heads: Uint8Array[] = [];
  const tails: Uint8Array[] = [];
  let offset = types.reduce((sum, { type }) => sum + headSize(type), 0);
  for (const [index, { name, type }] of types.entries()) {
    const encoded = encodeAbiValue(type, values[index] as AbiInput, name);
    if (!isDynamicType(type)) {
      heads.push(encoded);
      continue;
    }
    heads.push(bigintToFixedBytes(BigInt(offset), 32));
    tails.push(encoded);
    offset += encoded.length;
  }
  return concatBytes(...heads, ...tails);
}
