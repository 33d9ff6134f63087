import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { bytesToBigint } from '@isoquorum/primitives/integer';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import type { Trie } from '../trie/trie.ts';
import { decodeAccount } from './account.ts';
import type { StateDatabase } from './database.ts';
import { StateMissingError, toStateMissing } from './errors.ts';
import { type FlatState, UNKNOWN } from './flat/flat-state.ts';
import type { FlatLayer } from './flat/layer.ts';
import { bytesToMapKey } from './node-source.ts';
import type { Account, StateReader } from './types.ts';

/** The state with a given root, read from its tries. */
class TrieReader implements StateReader {
  private readonly database: StateDatabase;
  private readonly root: Hash32;
  private readonly accounts: Trie;
  private readonly storages = new Map<string, Trie>();

  constructor(database: StateDatabase, root: Hash32) {
    this.database = database;
    this.root = root;
    this.accounts = database.openTrie(root);
  }

  account(address: Address): Account | undefined {
    try {
      const encoded = this.accounts.get(this.database.hashAddress(address));
      return encoded === undefined ? undefined : decodeAccount(encoded);
    } catch (error) {
      throw toStateMissing(error, this.root, address.slice(), undefined);
    }
  }

  storage(address: Address, account: Account, slot: bigint): bigint {
    if (bytesEqual(account.storageRoot, emptyTrieRoot)) return 0n;
    try {
      const encoded = this.storageTrie(account.storageRoot).get(this.database.hashSlot(slot));
      return encoded === undefined ? 0n : bytesToBigint(new RlpReader(encoded).readBytes('slot'));
    } catch (error) {
      throw toStateMissing(error, this.root, address.slice(), slot);
    }
  }

  code(address: Address, codeHash: Hash32): Uint8Array {
    const code = this.database.code(codeHash);
    if (code === undefined)
      throw new StateMissingError({ root: this.root, address: address.slice(), hash: codeHash, isCode: true });
    return code;
  }

  private storageTrie(root: Hash32): Trie {
    const key = bytesToMapKey(root);
    let trie = this.storages.get(key);
    if (trie === undefined) {
      trie = this.database.openTrie(root);
      this.storages.set(key, trie);
    }
    return trie;
  }
}

/**
 * The same, read from the flat snapshot as far as it knows the root: one entry instead of a path of nodes. The tries answer
 * what it does not.
 */
class FlatBackedReader implements StateReader {
  private readonly database: StateDatabase;
  private readonly flat: FlatState;
  private readonly layer: FlatLayer;
  private readonly root: Hash32;
  private tries: TrieReader | undefined;

  constructor(database: StateDatabase, flat: FlatState, layer: FlatLayer, root: Hash32) {
    this.database = database;
    this.flat = flat;
    this.layer = layer;
    this.root = root;
  }

  private fallback(): TrieReader {
    this.tries ??= new TrieReader(this.database, this.root);
    return this.tries;
  }

  account(address: Address): Account | undefined {
    const found = this.flat.account(this.layer, bytesToMapKey(address), address);
    return found === UNKNOWN ? this.fallback().account(address) : found;
  }

  storage(address: Address, account: Account, slot: bigint): bigint {
    if (bytesEqual(account.storageRoot, emptyTrieRoot)) return 0n;
    const found = this.flat.slot(this.layer, bytesToMapKey(address), address, account, slot);
    return found === UNKNOWN ? this.fallback().storage(address, account, slot) : found;
  }

  code(address: Address, codeHash: Hash32): Uint8Array {
    return this.fallback().code(address, codeHash);
  }
}

/** Reads the state whose trie has this root. */
export function createTrieReader(database: StateDatabase, root: Hash32): StateReader {
  const { flat } = database;
  const layer = flat?.layerOf(root);
  return flat === undefined || layer === undefined
    ? new TrieReader(database, root)
    : new FlatBackedReader(database, flat, layer, root);
}
