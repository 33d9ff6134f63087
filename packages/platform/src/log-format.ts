import { bytesToHex } from '@isoquorum/primitives/hex';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import type { LogLevel } from './logger.ts';

/** Order of levels: a logger prints its level and those above. */
export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

const byteLimit = 64;
const depthLimit = 6;

/** A value as JSON can print it: bytes as hex (cut), bigint as decimal text, errors as code and message. */
export function printable(value: unknown, depth = 0): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array)
    return value.length <= byteLimit
      ? bytesToHex(value)
      : `${bytesToHex(value.subarray(0, byteLimit))}… (${value.length} bytes)`;
  if (isIsoquorumError(value))
    return { code: value.code, message: value.message, fields: printable(value.fields, depth + 1) };
  if (value instanceof Error) return { name: value.name, message: value.message };
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? '[function]' : value;
  if (depth >= depthLimit) return '…';
  if (Array.isArray(value)) return value.map((item) => printable(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, printable(item, depth + 1)]));
}
