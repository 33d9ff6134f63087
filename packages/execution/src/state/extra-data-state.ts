import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { bytesEqual } from '@isoquorum/primitives/hex';
import type { StoreOperation } from '@isoquorum/platform/store';
import type { StateDatabase } from './database.ts';
import { withStateContext } from './errors.ts';
import { type AccountExtraData, decodeAccountExtraData, encodeAccountExtraData } from './extra-data.ts';
import { nodeKey } from './keys.ts';
import { bytesToMapKey } from './node-source.ts';
import type { State } from './state.ts';

interface Entry {
  readonly address: Address;
  data: AccountExtraData;
}

/** The extra data of one account in a committed trie, or `undefined`. @throws STATE_MISSING, RLP_*, UTF8_INVALID */
export function readExtraData(database: StateDatabase, root: Hash32, address: Address): AccountExtraData | undefined {
  if (bytesEqual(root, emptyTrieRoot)) return undefined;
  const key = database.hashAddress(address);
  const encoded = withStateContext(root, address, undefined, () => database.openTrie(root).get(key));
  return encoded === undefined ? undefined : decodeAccountExtraData(encoded);
}

/**
 * The extra data of a private state while it is changed: an overlay over its trie, undone together with the state. An account that
 * is gone has none.
 */
export class ExtraDataState {
  private readonly database: StateDatabase;
  private readonly root: Hash32;
  private readonly state: State;
  private readonly changed = new Map<string, Entry>();

  /** @param root of the trie of extra data that goes with the state that `state` reads */
  constructor(database: StateDatabase, root: Hash32, state: State) {
    this.database = database;
    this.root = root;
    this.state = state;
  }

  /** @throws STATE_MISSING */
  get(address: Address): AccountExtraData | undefined {
    if (!this.state.exists(address)) return undefined;
    const entry = this.changed.get(bytesToMapKey(address));
    return entry === undefined ? readExtraData(this.database, this.root, address) : entry.data;
  }

  set(address: Address, data: AccountExtraData): void {
    const key = bytesToMapKey(address);
    const before = this.changed.get(key);
    this.state.onUndo(() => {
      if (before === undefined) this.changed.delete(key);
      else this.changed.set(key, before);
    });
    this.changed.set(key, { address: address.slice(), data });
  }

  /**
   * Root and new nodes after all changes.
   * @param deleted accounts that went away since the beginning
   * @throws STATE_MISSING
   */
  commit(deleted: readonly Address[]): { readonly root: Hash32; readonly operations: readonly StoreOperation[] } {
    const hasTrie = !bytesEqual(this.root, emptyTrieRoot);
    if (this.changed.size === 0 && (deleted.length === 0 || !hasTrie)) return { root: this.root, operations: [] };
    const trie = this.database.openTrie(this.root);
    const operations: StoreOperation[] = [];
    const remove = (address: Address): void => {
      withStateContext(this.root, address, undefined, () => trie.delete(this.database.hashAddress(address)));
    };
    for (const address of deleted) if (!this.state.exists(address)) remove(address);
    for (const { address, data } of this.changed.values()) {
      if (!this.state.exists(address)) remove(address);
      else {
        withStateContext(this.root, address, undefined, () =>
          trie.put(this.database.hashAddress(address), encodeAccountExtraData(data)),
        );
      }
    }
    const root = trie.commit((hash, value) => operations.push({ type: 'put', key: nodeKey(hash), value }));
    this.database.add(operations);
    this.database.keepTrie(root, trie, operations.length, this.root);
    return { root, operations };
  }
}
