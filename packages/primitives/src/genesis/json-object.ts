import type { Address, Hash32 } from '../bytes.ts';
import { hexToBytes } from '../hex.ts';
import { genesisError } from './genesis-error.ts';

const uint64Max = 0xffffffffffffffffn;
const uint256Max = (1n << 256n) - 1n;

function fieldInvalid(field: string, wanted: string): never {
  throw genesisError('GENESIS_FIELD_INVALID', `${field}: expected ${wanted}`, field);
}

/**
 * JSON text to a value; integers beyond 2^53 become bigint instead of losing digits.
 * @throws GENESIS_JSON_INVALID
 */
export function parseJsonExactly(text: string): unknown {
  const revive = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^\d+$/.test(context?.source ?? '')
      ? BigInt(context?.source as string)
      : value;
  try {
    return JSON.parse(text, revive);
  } catch (cause) {
    const error = genesisError('GENESIS_JSON_INVALID', `invalid genesis file: ${String(cause)}`, 'genesis');
    throw error;
  }
}

/**
 * Reads a JSON object as Go's decoder does: keys match whatever their case, the last one wins, unknown keys are ignored,
 * null is absent. Every error names the path of the field.
 */
export class JsonObject {
  readonly path: string;
  private readonly values: ReadonlyMap<string, unknown>;

  constructor(value: unknown, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      fieldInvalid(path || 'genesis', 'an object');
    this.path = path;
    const values = new Map<string, unknown>();
    for (const [key, one] of Object.entries(value)) values.set(key.toLowerCase(), one ?? undefined);
    this.values = values;
  }

  field(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  /** The raw value; `undefined` when absent or null. */
  get(name: string): unknown {
    return this.values.get(name.toLowerCase());
  }

  entries(): IterableIterator<[string, unknown]> {
    return this.values.entries();
  }

  object(name: string): JsonObject | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : new JsonObject(value, this.field(name));
  }

  array(name: string): readonly unknown[] {
    const value = this.get(name);
    if (value === undefined) return [];
    return Array.isArray(value) ? value : fieldInvalid(this.field(name), 'an array');
  }

  objects(name: string): JsonObject[] {
    return this.array(name).map((value, index) => new JsonObject(value, `${this.field(name)}[${index}]`));
  }

  boolean(name: string): boolean | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === 'boolean') return value;
    return fieldInvalid(this.field(name), 'true or false');
  }

  string(name: string): string | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === 'string') return value;
    return fieldInvalid(this.field(name), 'a string');
  }

  /** A JSON integer from 0 to 2^64 - 1. */
  uint64(name: string): bigint | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
    if (typeof value === 'bigint' && value <= uint64Max) return value;
    return fieldInvalid(this.field(name), 'a non-negative integer');
  }

  /** A JSON integer from 0 to 2^53 - 1 (block numbers, seconds, sizes). */
  number(name: string): number | undefined {
    const value = this.uint64(name);
    if (value !== undefined && value > 0x1fffffffffffffn) fieldInvalid(this.field(name), 'an integer below 2^53');
    return value === undefined ? undefined : Number(value);
  }

  /** A block key: as {@link number}; a negative one (never, in Go) is `undefined`. */
  block(name: string): number | undefined {
    const value = this.get(name);
    return typeof value === 'number' && Number.isSafeInteger(value) && value < 0 ? undefined : this.number(name);
  }

  /** Decimal or 0x text, or a JSON integer: Go's HexOrDecimal64 and HexOrDecimal256. Empty text is 0. */
  hexOrDecimal(name: string, bits: 64 | 256): bigint | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    let parsed: bigint | undefined;
    if (typeof value === 'string' && /^(|\d+|0[xX][0-9a-fA-F]+)$/.test(value) && value.length <= 80)
      parsed = value === '' ? 0n : BigInt(value);
    else if (typeof value === 'bigint') parsed = value;
    else if (typeof value === 'number' && Number.isSafeInteger(value)) parsed = BigInt(value);
    const max = bits === 64 ? uint64Max : uint256Max;
    if (parsed === undefined || parsed < 0n || parsed > max)
      return fieldInvalid(this.field(name), `a decimal or 0x number of at most ${bits} bits`);
    return parsed;
  }

  bytes(name: string): Uint8Array | undefined {
    const value = this.string(name);
    return value === undefined ? undefined : parseBytes(value, this.field(name));
  }

  hash(name: string): Hash32 | undefined {
    const value = this.string(name);
    return value === undefined ? undefined : parseFixed(value, 32, this.field(name));
  }

  address(name: string): Address | undefined {
    const value = this.string(name);
    return value === undefined ? undefined : parseFixed(value, 20, this.field(name));
  }

  addresses(name: string): Address[] {
    return this.array(name).map((value, index) => {
      const field = `${this.field(name)}[${index}]`;
      return typeof value === 'string' ? parseFixed(value, 20, field) : fieldInvalid(field, 'an address');
    });
  }
}

function parseBytes(text: string, field: string): Uint8Array {
  try {
    return hexToBytes(text, field);
  } catch {
    return fieldInvalid(field, '0x and an even number of hexadecimal digits');
  }
}

/** `0x` text of exactly `length` bytes. @throws GENESIS_FIELD_INVALID */
export function parseFixed(text: string, length: number, field: string): Uint8Array {
  const bytes = parseBytes(text, field);
  return bytes.length === length ? bytes : fieldInvalid(field, `0x and ${2 * length} hexadecimal digits`);
}

/** Text of at most 32 bytes, with or without 0x, padded left with zeros: keys and values of `storage` (Go's storageJSON). */
export function parseStorageWord(text: unknown, field: string): Hash32 {
  const digits = typeof text === 'string' ? text.replace(/^0[xX]/, '') : 'x';
  if (!/^([0-9a-fA-F]{2}){0,32}$/.test(digits)) fieldInvalid(field, 'at most 32 bytes of hexadecimal digits');
  return parseFixed(`0x${digits.padStart(64, '0')}`, 32, field);
}

/** An address as key of `alloc`: 40 digits, with or without 0x. @throws GENESIS_FIELD_INVALID */
export function parseAllocKey(key: string, field: string): Address {
  return parseFixed(`0x${key.replace(/^0[xX]/, '')}`, 20, field);
}
