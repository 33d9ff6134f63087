import type { Store, StoreOperation, StoreRange } from '@isoquorum/platform/store';
import { bareHexToBytes, bytesToBareHex } from '@isoquorum/primitives/hex';
import type { SimulatedDisk } from '../core/disk.ts';

/** The store port over a simulated disk, for one life of a node: what a dead node still asks for is never answered. */
export function createSimulatedStore(disk: SimulatedDisk, isAlive: () => boolean): Store {
  const never = new Promise<never>(() => undefined);
  const getSync = (key: Uint8Array): Uint8Array | undefined => disk.get(bytesToBareHex(key));
  return {
    getSync,
    get: async (key) => getSync(key),
    batch(operations: readonly StoreOperation[]) {
      if (!isAlive()) return never;
      const writes = operations.map((operation) => {
        const value = operation.type === 'put' ? operation.value.slice() : undefined;
        return [bytesToBareHex(operation.key), value] as const;
      });
      return new Promise((resolve) => disk.write(writes, resolve));
    },
    async *iterate(range: StoreRange) {
      const { gte, lt, reverse, limit } = range;
      const least = gte && bytesToBareHex(gte);
      const below = lt && bytesToBareHex(lt);
      const keys = [...disk.entries.keys()].filter(
        (key) => (least === undefined || key >= least) && (below === undefined || key < below),
      );
      keys.sort();
      if (reverse === true) keys.reverse();
      for (const key of keys.slice(0, limit)) {
        const value = disk.entries.get(key);
        if (value !== undefined) yield [bareHexToBytes(key), value] as const;
      }
    },
    close: () => Promise.resolve(),
  };
}
