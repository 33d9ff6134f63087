import { bytesToMapKey } from '@isoquorum/execution/state/node-source';

/** Keeps the values used last, by byte key. */
export interface Lru<T> {
  get(key: Uint8Array): T | undefined;
  set(key: Uint8Array, value: T): void;
  delete(key: Uint8Array): void;
}

export interface LruOptions<T> {
  /** How many values are kept. */
  readonly max: number;
  /** What a value costs; 1 unless told. */
  readonly weightOf?: (value: T) => number;
  /** Values are let go above this sum of weights, but never below `min` of them. */
  readonly weightMax?: number;
  readonly min?: number;
}

export function createLru<T>(options: LruOptions<T> | number): Lru<T> {
  const { max, weightOf, weightMax, min }: LruOptions<T> = typeof options === 'number' ? { max: options } : options;
  const values = new Map<string, T>();
  let weight = 0;

  function remove(key: string): void {
    const value = values.get(key);
    if (value === undefined) return;
    values.delete(key);
    weight -= weightOf?.(value) ?? 0;
  }

  return {
    get(key) {
      const text = bytesToMapKey(key);
      const value = values.get(text);
      if (value !== undefined) {
        values.delete(text);
        values.set(text, value);
      }
      return value;
    },
    set(key, value) {
      const text = bytesToMapKey(key);
      remove(text);
      values.set(text, value);
      weight += weightOf?.(value) ?? 0;
      while (values.size > max || (weight > (weightMax ?? Number.POSITIVE_INFINITY) && values.size > (min ?? 1))) {
        const oldest = values.keys().next();
        if (oldest.done === true) break;
        remove(oldest.value);
      }
    },
    delete: (key) => remove(bytesToMapKey(key)),
  };
}
