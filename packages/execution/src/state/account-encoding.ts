import type { Address } from '@isoquorum/primitives/bytes';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { bigintToBytes } from '@isoquorum/primitives/integer';
import { encodeRlp } from '@isoquorum/primitives/rlp';
import { Trie } from '../trie/trie.ts';
import { encodeAccount } from './account.ts';
import type { StateDatabase } from './database.ts';
import { withStateContext } from './errors.ts';
import type { State } from './state.ts';

/**
 * An account as the state trie would hold it if the state were committed now, unfinished transaction included; `undefined` when it
 * does not exist. Nothing is committed. @throws STATE_MISSING
 */
export function encodeCurrentAccount(database: StateDatabase, state: State, address: Address): Uint8Array | undefined {
  const object = state.object(address);
  if (!object.exists) return undefined;
  const earlier = object.isStorageCleared ? undefined : state.reader.storageChanges?.(address);
  const isFresh = object.isStorageCleared || earlier?.isCleared === true;
  const baseRoot = isFresh ? emptyTrieRoot : (object.base?.storageRoot ?? emptyTrieRoot);
  const values = new Map(earlier?.slots);
  for (const [slot, entry] of object.slots) {
    if (isFresh ? entry.value !== 0n : entry.value !== entry.base || values.has(slot)) values.set(slot, entry.value);
  }
  let storageRoot = baseRoot;
  if (values.size > 0) {
    const trie = isFresh ? new Trie() : database.openTrie(baseRoot);
    withStateContext(baseRoot, address, undefined, () => {
      for (const [slot, value] of values) {
        const key = database.hashSlot(slot);
        if (value === 0n) trie.delete(key);
        else trie.put(key, encodeRlp(bigintToBytes(value)));
      }
    });
    storageRoot = trie.commit(() => undefined);
  }
  return encodeAccount({ nonce: object.nonce, balance: object.balance, storageRoot, codeHash: object.codeHash });
}
