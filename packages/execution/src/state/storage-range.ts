import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesToBigint } from '@isoquorum/primitives/integer';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { iterateTrie } from '../trie/iterate.ts';
import type { StateDatabase } from './database.ts';
import { withStateContext } from './errors.ts';
import { createTrieReader } from './trie-reader.ts';
import type { DumpedSlot } from './dump.ts';

export interface StorageRange {
  readonly slots: readonly DumpedSlot[];
  /** Hash of the first slot that did not fit; undefined at the end. */
  readonly next: Hash32 | undefined;
}

/**
 * Slots of an account in the order of their hashes, from a hash on (debug_storageRangeAt); undefined when there is no such account.
 * @throws STATE_MISSING
 */
export function storageRange(
  database: StateDatabase,
  root: Hash32,
  address: Address,
  start: Uint8Array,
  count: number,
): StorageRange | undefined {
  const account = createTrieReader(database, root).account(address);
  if (account === undefined) return undefined;
  const slots: DumpedSlot[] = [];
  let next: Hash32 | undefined;
  withStateContext(root, address, undefined, () => {
    for (const [slotHash, value] of iterateTrie(database.readNode, account.storageRoot, start)) {
      if (slots.length >= count) {
        next = slotHash;
        return;
      }
      const slot = database.preimage(slotHash);
      slots.push({ slotHash, slot, value: bytesToBigint(new RlpReader(value).readBytes('slot')) });
    }
  });
  return { slots, next };
}
