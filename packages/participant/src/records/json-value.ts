import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';

/** A record of the page's own store as JSON. `undefined` fields are left out. */
export function toJsonBytes(value: unknown): Uint8Array {
  return utf8ToBytes(JSON.stringify(value));
}

/** Reads what {@link toJsonBytes} wrote; undefined when it cannot be read, as the store may be older or damaged. */
export function fromJsonBytes<T>(bytes: Uint8Array): T | undefined {
  try {
    return JSON.parse(bytesToUtf8(bytes)) as T;
  } catch {
    return undefined;
  }
}
