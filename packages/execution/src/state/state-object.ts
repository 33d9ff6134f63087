import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { emptyCodeHash, emptyTrieRoot } from '@isoquorum/primitives/header';
import type { Account } from './types.ts';

/** A storage slot that was read or written. Numbers of transactions stand for "never" when they are not the current one. */
export interface Slot {
  value: bigint;
  /** What the storage trie holds. */
  base: bigint;
  /** Value when transaction `writtenIn` began. */
  original: bigint;
  /** Number of the transaction that wrote it last. */
  writtenIn: number;
  /** Number of the transaction that accessed it last (EIP-2929). */
  warmIn: number;
}

/** An account in memory, existing or not, with the slots that were looked at. */
export interface StateObject {
  readonly address: Address;
  readonly key: string;
  /** What the reader answered; unread slots are looked up in its storage. */
  readonly origin: Account | undefined;
  /** What the state trie holds: the origin until tries are updated. */
  base: Account | undefined;
  exists: boolean;
  /** The account exists, or existed before in this block. Making it anew does not mark it for the end of the transaction. */
  isKnown: boolean;
  nonce: bigint;
  balance: bigint;
  codeHash: Hash32;
  /** The code, when it was set here. */
  newCode: Uint8Array | undefined;
  slots: Map<bigint, Slot>;
  /** The origin's storage is not this account's any more. */
  isStorageCleared: boolean;
  /** The storage trie has to be made anew at the next update. */
  isTrieStale: boolean;
  hasSelfDestructed: boolean;
  /** Number of the transaction that created the account. */
  createdIn: number;
  warmIn: number;
  /** Journal entries of this transaction that concern the account; it is looked at when the transaction ends unless 0. */
  dirtyCount: number;
  /** Slots written in this transaction. */
  writtenSlots: bigint[];
  /** Changed since the tries were last updated. */
  isPending: boolean;
}

export function createStateObject(address: Address, key: string, base: Account | undefined): StateObject {
  return {
    address,
    key,
    origin: base,
    base,
    exists: base !== undefined,
    isKnown: base !== undefined,
    nonce: base?.nonce ?? 0n,
    balance: base?.balance ?? 0n,
    codeHash: base?.codeHash ?? emptyCodeHash,
    newCode: undefined,
    slots: new Map(),
    isStorageCleared: false,
    isTrieStale: false,
    hasSelfDestructed: false,
    createdIn: -1,
    warmIn: -1,
    dirtyCount: 0,
    writtenSlots: [],
    isPending: false,
  };
}

/** Empty in the sense of EIP-161. */
export function isEmptyObject(object: StateObject): boolean {
  return object.nonce === 0n && object.balance === 0n && bytesEqual(object.codeHash, emptyCodeHash);
}

/** True when some slot of the account is not zero. */
export function hasStorageLeft(object: StateObject): boolean {
  for (const slot of object.slots.values()) if (slot.value !== 0n) return true;
  return (
    !object.isStorageCleared && object.origin !== undefined && !bytesEqual(object.origin.storageRoot, emptyTrieRoot)
  );
}

/** The slots that a transaction has accessed, empty: they stay accessed when their account is made anew. */
export function warmSlotsOnly(object: StateObject, transactionNumber: number): Map<bigint, Slot> {
  const slots = new Map<bigint, Slot>();
  for (const [slot, entry] of object.slots) {
    if (entry.warmIn === transactionNumber) {
      slots.set(slot, { value: 0n, base: 0n, original: 0n, writtenIn: -1, warmIn: entry.warmIn });
    }
  }
  return slots;
}

/** Takes the account away, with all that it had. */
export function clearObject(object: StateObject): void {
  object.exists = false;
  object.nonce = 0n;
  object.balance = 0n;
  object.codeHash = emptyCodeHash;
  object.newCode = undefined;
  if (object.slots.size > 0) object.slots = new Map();
  object.isStorageCleared = true;
  object.isTrieStale = true;
  object.hasSelfDestructed = false;
}
