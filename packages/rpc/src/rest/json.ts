import { base64ToBytes } from '@isoquorum/primitives/base64';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToUtf8 } from '@isoquorum/primitives/utf8';

export type RestJsonErrorCode =
  | 'JSON_INVALID' // not UTF-8, not JSON, or not an object
  | 'JSON_FIELD_INVALID'; // fields.field names the member

export type JsonObject = Readonly<Record<string, unknown>>;

function fieldError(field: string, expected: string): IsoquorumError {
  return new IsoquorumError('JSON_FIELD_INVALID', `${field}: expected ${expected}`, { field });
}

/** @throws JSON_INVALID */
export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(bytesToUtf8(body, 'body')) as unknown;
  } catch (cause) {
    throw new IsoquorumError('JSON_INVALID', 'body: invalid JSON', { field: 'body' }, 'REJECT', { cause });
  }
}

/** @throws JSON_INVALID */
export function parseJsonObject(body: Uint8Array): JsonObject {
  const value = parseJson(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new IsoquorumError('JSON_INVALID', 'body: expected a JSON object', { field: 'body' });
  }
  return value as JsonObject;
}

/** A member as text; `undefined` when absent or null. @throws JSON_FIELD_INVALID */
export function optionalText(object: JsonObject, field: string): string | undefined {
  const value = object[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw fieldError(field, 'a string');
  return value;
}

/** @throws JSON_FIELD_INVALID */
export function optionalNumber(object: JsonObject, field: string): number | undefined {
  const value = object[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number') throw fieldError(field, 'a number');
  return value;
}

/** A member as bytes from base64. @throws JSON_FIELD_INVALID, BASE64_INVALID */
export function requiredBytes(object: JsonObject, field: string): Uint8Array {
  const text = optionalText(object, field);
  if (text === undefined) throw fieldError(field, 'base64');
  return base64ToBytes(text, field);
}

/** A member as a list of bytes; empty when absent or null. @throws JSON_FIELD_INVALID, BASE64_INVALID */
export function bytesList(object: JsonObject, field: string): Uint8Array[] {
  const value = object[field];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw fieldError(field, 'an array');
  return value.map((item) => {
    if (typeof item !== 'string') throw fieldError(field, 'base64 strings');
    return base64ToBytes(item, field);
  });
}
