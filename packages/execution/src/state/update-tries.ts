import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { bigintToFixedBytes, bigintToBytes } from '@isoquorum/primitives/integer';
import { encodeRlp } from '@isoquorum/primitives/rlp';
import type { StoreOperation } from '@isoquorum/platform/store';
import type { NodeSink } from '../trie/hash-node.ts';
import { Trie } from '../trie/trie.ts';
import { encodeAccount } from './account.ts';
import type { StateDatabase } from './database.ts';
import { withStateContext } from './errors.ts';
import { type FlatChange, type FlatLayer, setSlot } from './flat/layer.ts';
import { codeKey, nodeKey, preimageKey } from './keys.ts';
import type { State } from './state.ts';
import type { StateObject } from './state-object.ts';

/** A committed state: its root, and what has to be stored so that it can be read. */
export interface CommittedState {
  readonly root: Hash32;
  readonly operations: readonly StoreOperation[];
}

/** Carries what a {@link State} changed into the tries, and collects new nodes, codes and preimages. */
export class TrieUpdater {
  private readonly database: StateDatabase;
  private readonly parentRoot: Hash32;
  private readonly accounts: Trie;
  private readonly storages = new Map<string, Trie>();
  private readonly operations: StoreOperation[] = [];
  /** Accounts that were taken out of the trie. */
  readonly deleted: Address[] = [];
  private readonly layer: FlatLayer | undefined;
  private readonly sink: NodeSink = (hash, encoded) => {
    this.operations.push({ type: 'put', key: nodeKey(hash), value: encoded });
  };

  /**
   * @param parentRoot root of the state on which the changes were made
   * @param blockNumber of the public block whose changes these are: the flat snapshot hears of them
   */
  constructor(database: StateDatabase, parentRoot: Hash32, blockNumber?: number) {
    this.database = database;
    this.parentRoot = parentRoot;
    this.accounts = database.openTrie(parentRoot);
    this.layer = blockNumber === undefined ? undefined : database.flat?.createLayer(parentRoot, blockNumber);
  }

  /** Puts the changes of finished transactions into the tries; answers the root. @throws STATE_MISSING */
  update(state: State): Hash32 {
    for (const object of state.takePending()) {
      withStateContext(this.parentRoot, object.address, undefined, () => this.updateAccount(object));
    }
    return this.accounts.commit(this.sink);
  }

  /** The final root, and all operations since the start. The database serves the new nodes from now on. @throws STATE_MISSING */
  commit(state: State): CommittedState {
    const root = this.update(state);
    this.database.add(this.operations);
    this.database.keepTrie(root, this.accounts, this.operations.length, this.parentRoot);
    if (this.layer !== undefined) this.database.flat?.addLayer(this.layer, root);
    return { root, operations: this.operations };
  }

  private updateAccount(object: StateObject): void {
    const key = this.database.hashAddress(object.address);
    const change = this.layer?.begin(object.key, object.address, object.isTrieStale);
    if (!object.exists) {
      if (change !== undefined) this.layer?.setAccount(change, undefined, object.base);
      if (object.base !== undefined) {
        this.accounts.delete(key);
        this.deleted.push(object.address);
      }
      object.base = undefined;
      return;
    }
    if (object.base === undefined) this.operations.push({ type: 'put', key: preimageKey(key), value: object.address });
    if (
      object.newCode !== undefined &&
      (object.base === undefined || !bytesEqual(object.base.codeHash, object.codeHash))
    ) {
      this.operations.push({ type: 'put', key: codeKey(object.codeHash), value: object.newCode });
    }
    const account = {
      nonce: object.nonce,
      balance: object.balance,
      storageRoot: this.updateStorage(object, change),
      codeHash: object.codeHash,
    };
    if (change !== undefined) this.layer?.setAccount(change, account, object.base);
    object.base = account;
    this.accounts.put(key, encodeAccount(account));
  }

  private updateStorage(object: StateObject, change: FlatChange | undefined): Hash32 {
    let trie = object.isTrieStale ? undefined : this.storages.get(object.key);
    let root = object.isTrieStale ? emptyTrieRoot : (object.base?.storageRoot ?? emptyTrieRoot);
    let isChanged = false;
    for (const [slot, entry] of object.slots) {
      if (entry.value === entry.base) continue;
      if (trie === undefined) {
        trie = object.isTrieStale ? new Trie() : this.database.openTrie(root);
        this.storages.set(object.key, trie);
      }
      const key = this.database.hashSlot(slot);
      if (entry.value === 0n) trie.delete(key);
      else {
        if (entry.base === 0n)
          this.operations.push({ type: 'put', key: preimageKey(key), value: bigintToFixedBytes(slot, 32) });
        trie.put(key, encodeRlp(bigintToBytes(entry.value)));
      }
      entry.base = entry.value;
      if (change !== undefined) setSlot(change, slot, entry.value);
      isChanged = true;
    }
    object.isTrieStale = false;
    if (trie !== undefined && isChanged) {
      const before = this.operations.length;
      const parentRoot = root;
      root = trie.commit(this.sink);
      this.database.keepTrie(root, trie, this.operations.length - before, parentRoot);
    }
    return root;
  }
}
