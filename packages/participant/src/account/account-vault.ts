/**
 * Where a page keeps the private keys of its accounts. A browser has no secp256k1 key that scripts cannot read, so these are software
 * keys: the adapter stores them encrypted under a key that cannot be exported, and they are in memory while in use.
 */
export interface AccountVault {
  /** 32-byte private keys in order of creation. */
  load(): Promise<readonly Uint8Array[]>;
  /** Durable when it resolves. */
  add(privateKey: Uint8Array): Promise<void>;
}

/** Keeps keys in memory: for tests and for Node. */
export function createMemoryVault(keys: readonly Uint8Array[] = []): AccountVault {
  const held = [...keys];
  return {
    load: async () => [...held],
    add: async (key) => {
      held.push(key);
    },
  };
}
