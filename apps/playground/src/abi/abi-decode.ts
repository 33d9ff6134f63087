import { bytesToHex } from '@isoquorum/primitives/hex';
import { bytesToBigint } from '@isoquorum/primitives/integer';
import { bytesToUtf8 } from '@isoquorum/primitives/utf8';
import { type AbiType, abiError, headSize, isDynamicType, type NamedAbiType } from './abi-type.ts';

/** A decoded value as a person reads it. */
export type AbiOutput = string | readonly AbiOutput[];

/** Items that one value may have; returned bytes come from a contract, which may say anything. */
const ITEMS_MAX = 10_000;

interface Reader {
  readonly bytes: Uint8Array;
  itemsLeft: number;
}

function word(reader: Reader, offset: number, at: string): Uint8Array {
  if (offset + 32 > reader.bytes.length) throw abiError(`${at}: the returned bytes end too early.`, at);
  return reader.bytes.subarray(offset, offset + 32);
}

function length(reader: Reader, offset: number, at: string): number {
  const value = bytesToBigint(word(reader, offset, at));
  if (value > BigInt(reader.bytes.length)) throw abiError(`${at}: a length or offset points outside.`, at);
  return Number(value);
}

function decodeElementary(type: AbiType, bytes: Uint8Array, at: string): AbiOutput {
  switch (type.kind) {
    case 'uint':
    case 'int': {
      const value = bytesToBigint(bytes);
      const fitted = type.kind === 'uint' ? BigInt.asUintN(type.bits, value) : BigInt.asIntN(type.bits, value);
      if (BigInt.asUintN(256, fitted) !== value) throw abiError(`${at}: the value does not fit its type.`, at);
      return fitted.toString();
    }
    case 'bool': {
      const value = bytesToBigint(bytes);
      if (value > 1n) throw abiError(`${at}: neither true nor false.`, at);
      return value === 1n ? 'true' : 'false';
    }
    case 'address':
      if (bytesToBigint(bytes.subarray(0, 12)) !== 0n) throw abiError(`${at}: not an address.`, at);
      return bytesToHex(bytes.subarray(12));
    case 'fixedBytes':
      return bytesToHex(bytes.subarray(0, type.length));
    case 'bytes':
    case 'string':
    case 'array':
    case 'tuple':
      throw abiError(`${at}: not an elementary type.`, at);
  }
}

function decodeAt(reader: Reader, type: AbiType, offset: number, at: string): AbiOutput {
  if (--reader.itemsLeft < 0) throw abiError(`${at}: too many items.`, at);
  switch (type.kind) {
    case 'bytes':
    case 'string': {
      const size = length(reader, offset, at);
      if (offset + 32 + size > reader.bytes.length) throw abiError(`${at}: the returned bytes end too early.`, at);
      const bytes = reader.bytes.subarray(offset + 32, offset + 32 + size);
      if (type.kind === 'bytes') return bytesToHex(bytes);
      try {
        return bytesToUtf8(bytes, at);
      } catch {
        return `${bytesToHex(bytes)} (not UTF-8)`;
      }
    }
    case 'array': {
      const dynamic = type.length === undefined;
      const count = type.length ?? length(reader, offset, at);
      if (count > reader.itemsLeft) throw abiError(`${at}: too many items.`, at);
      const types = Array.from({ length: count }, (_, index) => ({ name: `${at}[${index}]`, type: type.item }));
      return decodeSequence(reader, types, dynamic ? offset + 32 : offset);
    }
    case 'tuple':
      return decodeSequence(reader, type.components, offset);
    case 'uint':
    case 'int':
    case 'bool':
    case 'address':
    case 'fixedBytes':
      return decodeElementary(type, word(reader, offset, at), at);
  }
}

function decodeSequence(reader: Reader, types: readonly NamedAbiType[], start: number): readonly AbiOutput[] {
  let head = start;
  return types.map(({ name, type }) => {
    const position = isDynamicType(type) ? start + length(reader, head, name) : head;
    head += headSize(type);
    return decodeAt(reader, type, position, name);
  });
}

/**
 * Decodes returned values or log data. Costs at most a bounded number of items, whatever the bytes say.
 * @throws ABI_INVALID
 */
export function decodeAbiValues(types: readonly NamedAbiType[], bytes: Uint8Array): readonly AbiOutput[] {
  return decodeSequence({ bytes, itemsLeft: ITEMS_MAX }, types, 0);
}

/** A decoded value as one line. */
export function abiOutputToText(value: AbiOutput): string {
  return typeof value === 'string' ? value : `[${value.map(abiOutputToText).join(', ')}]`;
}
