import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { StateDatabase } from './database.ts';
import { type DumpedSlot, iterateSlots } from './dump.ts';
import { createTrieReader } from './trie-reader.ts';

export interface StorageRange {
  readonly slots: readonly DumpedSlot[];
  /** Hash of the first slot that did not fit; undefined at the end. */
  readonly next: Hash32 | undefined;
}

/**
 * Slots of an account in the order of their hashes, from a hash on (debug_storageRangeAt); undefined when there is no such account. Comes up for each
 * slot.
 * @throws STATE_MISSING
 */
export function* storageRange(
  database: StateDatabase,
  root: Hash32,
  address: Address,
  start: Uint8Array,
  count: number,
): Generator<undefined, StorageRange | undefined> {
  const account = createTrieReader(database, root).account(address);
  if (account === undefined) return undefined;
  const slots: DumpedSlot[] = [];
  for (const slot of iterateSlots(database, root, address, account.storageRoot, start)) {
    if (slots.length >= count) return { slots, next: slot.slotHash };
    slots.push(slot);
    yield;
  }
  return { slots, next: undefined };
}
