import type { Store } from '@isoquorum/platform/store';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { letterKey } from './store-keys.ts';

/** Small values that the page keeps beside its chain. */
export interface Settings {
  get(name: string): Promise<Uint8Array | undefined>;
  set(name: string, value: Uint8Array): Promise<void>;
}

export function createSettings(store: Store): Settings {
  const keyOf = (name: string): Uint8Array => letterKey('s', utf8ToBytes(name));
  return {
    get: (name) => store.get(keyOf(name)),
    set: (name, value) => store.batch([{ type: 'put', key: keyOf(name), value }]),
  };
}
