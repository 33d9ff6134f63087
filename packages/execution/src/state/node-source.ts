import type { Hash32 } from '@isoquorum/primitives/bytes';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { codeKey, nodeKey, preimageKey } from './keys.ts';
import type { NodeSource } from './types.ts';

/** A node source over a store. A store whose `getSync` throws `STORE_MISS` makes the transition answer `needs`. */
export function createStoreNodeSource(store: Pick<Store, 'getSync'>): NodeSource {
  return {
    node: (hash) => store.getSync(nodeKey(hash)),
    code: (hash) => store.getSync(codeKey(hash)),
    preimage: (hash) => store.getSync(preimageKey(hash)),
  };
}

/** Bytes as a map key: one character per byte. */
export function bytesToMapKey(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}

/** A node source that holds what was put into it: for tests, and in front of another one. */
export interface MemoryNodeSource extends NodeSource {
  /** Takes the operations of a transition (puts only). */
  apply(operations: readonly StoreOperation[]): void;
  /** How many entries it holds. */
  readonly size: number;
}

/** Holds everything in memory; asks `base`, when given, for what it does not hold. */
export function createMemoryNodeSource(base?: NodeSource): MemoryNodeSource {
  const entries = new Map<string, Uint8Array>();
  let unsorted: (readonly StoreOperation[])[] = [];
  // Most results are never read back (tries keep their nodes), so they are sorted in when the first reader comes.
  const sortIn = (): void => {
    for (const operations of unsorted) {
      for (const operation of operations) {
        if (operation.type === 'put') entries.set(bytesToMapKey(operation.key), operation.value);
        else entries.delete(bytesToMapKey(operation.key));
      }
    }
    unsorted = [];
  };
  const find = (key: Uint8Array): Uint8Array | undefined => {
    if (unsorted.length > 0) sortIn();
    return entries.get(bytesToMapKey(key));
  };
  return {
    node: (hash: Hash32) => find(nodeKey(hash)) ?? base?.node(hash),
    code: (hash: Hash32) => find(codeKey(hash)) ?? base?.code(hash),
    preimage: (hash: Hash32) => find(preimageKey(hash)) ?? base?.preimage?.(hash),
    apply(operations): void {
      unsorted.push(operations);
    },
    get size(): number {
      sortIn();
      return entries.size;
    },
  };
}
