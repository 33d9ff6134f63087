import { bytesToBareHex } from '@isoquorum/primitives/hex';

/** Keeps the values used last, by byte key. */
export interface Lru<T> {
  get(key: Uint8Array): T | undefined;
  set(key: Uint8Array, value: T): void;
  delete(key: Uint8Array): void;
}

/** @param max how many values are kept */
export function createLru<T>(max: number): Lru<T> {
  const values = new Map<string, T>();
  return {
    get(key) {
      const text = bytesToBareHex(key);
      const value = values.get(text);
      if (value !== undefined) {
        values.delete(text);
        values.set(text, value);
      }
      return value;
    },
    set(key, value) {
      const text = bytesToBareHex(key);
      values.delete(text);
      values.set(text, value);
      if (values.size > max) {
        const oldest = values.keys().next();
        if (oldest.done !== true) values.delete(oldest.value);
      }
    },
    delete(key) {
      values.delete(bytesToBareHex(key));
    },
  };
}
