import type { Address, Hash32 } from '@isoquorum/primitives/bytes';

/** What the state trie holds for an address. */
export interface Account {
  readonly nonce: bigint;
  readonly balance: bigint;
  /** Root of the account's storage trie; the empty-trie root when it has none. */
  readonly storageRoot: Hash32;
  /** Keccak-256 of the code; the hash of no bytes when it has none. */
  readonly codeHash: Hash32;
  /** Which of the storages that the address had in time is meant; only where the flat snapshot answered (`flat/records.ts`). */
  readonly incarnation?: number | undefined;
}

/**
 * Where trie nodes and codes come from, by hash, without waiting. `undefined` means "not here": the trie above turns it
 * into `TRIE_NODE_MISSING` (or `CODE_MISSING`), which a transition reports as something it needs.
 */
export interface NodeSource {
  node(hash: Hash32): Uint8Array | undefined;
  code(hash: Hash32): Uint8Array | undefined;
  /** The address or the 32-byte slot whose Keccak-256 this is, if it was recorded. */
  preimage?(hash: Hash32): Uint8Array | undefined;
}

/**
 * A state that can only be read: one root of a trie, or the public state at a position inside a block. Storage slots and
 * values are 256-bit integers. All methods may throw `TRIE_NODE_MISSING` or `CODE_MISSING`.
 */
export interface StateReader {
  account(address: Address): Account | undefined;
  /** `account` is what {@link StateReader.account} answered for the address. */
  storage(address: Address, account: Account, slot: bigint): bigint;
  code(address: Address, codeHash: Hash32): Uint8Array;
  /** Storage that differs from the account's `storageRoot` (inside a block, before its tries are updated); absent: none ever does. */
  storageChanges?(address: Address): StorageChanges | undefined;
}

/** What became of an account's storage since its trie was written. */
export interface StorageChanges {
  /** The trie does not count any more. */
  readonly isCleared: boolean;
  readonly slots: ReadonlyMap<bigint, bigint>;
}

/** A private state's readable pair: reads prefer the private state where the account exists there (goquorum.md 3.4). */
export interface StatePair {
  readonly publicState: StateReader;
  readonly privateState: StateReader;
}
