import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesToBigint } from '@isoquorum/primitives/integer';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { iterateTrie } from '../trie/iterate.ts';
import { decodeAccount } from './account.ts';
import type { StateDatabase } from './database.ts';
import { StateMissingError, withStateContext } from './errors.ts';
import type { Account } from './types.ts';

export interface DumpedSlot {
  readonly slotHash: Hash32;
  /** Undefined when its preimage was not recorded. */
  readonly slot: Hash32 | undefined;
  readonly value: bigint;
}

export interface DumpedAccount extends Account {
  readonly addressHash: Hash32;
  /** Undefined when its preimage was not recorded. */
  readonly address: Address | undefined;
  readonly code: Uint8Array;
  readonly storage: readonly DumpedSlot[];
}

/** Slots of a storage trie in the order of their hashes, from a hash on. @throws STATE_MISSING naming root and address */
export function* iterateSlots(
  database: StateDatabase,
  root: Hash32,
  address: Address | undefined,
  storageRoot: Hash32,
  start?: Uint8Array,
): Generator<DumpedSlot> {
  const leaves = iterateTrie(database.readNode, storageRoot, start);
  for (;;) {
    const next = withStateContext(root, address, undefined, () => leaves.next());
    if (next.done === true) return;
    const [slotHash, value] = next.value;
    const slot = database.preimage(slotHash);
    yield { slotHash, slot, value: bytesToBigint(new RlpReader(value).readBytes('slot')) };
  }
}

function* dumpOne(
  database: StateDatabase,
  root: Hash32,
  addressHash: Hash32,
  encoded: Uint8Array,
  withStorage: boolean,
): Generator<undefined, DumpedAccount> {
  const account = decodeAccount(encoded);
  const address = database.preimage(addressHash);
  const code = database.code(account.codeHash);
  if (code === undefined) throw new StateMissingError({ root, address, hash: account.codeHash, isCode: true });
  const storage: DumpedSlot[] = [];
  if (withStorage) {
    for (const slot of iterateSlots(database, root, address, account.storageRoot)) {
      storage.push(slot);
      yield;
    }
  }
  return { ...account, addressHash, address, code, storage };
}

/**
 * The accounts of a state in the order of their hashed addresses (debug_dumpBlock, debug_accountRange), from a hash on. Comes up with `undefined` for
 * each slot that it has read: who walks may stop there, or let others have their turn.
 * @param withStorage whether slots are read; without, an account costs the same however many it has
 * @throws STATE_MISSING
 */
export function* dumpState(
  database: StateDatabase,
  root: Hash32,
  start?: Hash32,
  withStorage = true,
): Generator<DumpedAccount | undefined, undefined> {
  const leaves = iterateTrie(database.readNode, root, start);
  for (;;) {
    const next = withStateContext(root, undefined, undefined, () => leaves.next());
    if (next.done === true) return undefined;
    const account = yield* dumpOne(database, root, next.value[0], next.value[1], withStorage);
    yield account;
  }
}

/** One account of a state, or `undefined`, at the end of a walk over its slots; comes up for each of them. @throws STATE_MISSING */
export function* dumpAccount(
  database: StateDatabase,
  root: Hash32,
  address: Address,
): Generator<undefined, DumpedAccount | undefined> {
  const hash = keccak256(address);
  const encoded = withStateContext(root, address, undefined, () => database.openTrie(root).get(hash));
  return encoded === undefined ? undefined : { ...(yield* dumpOne(database, root, hash, encoded, true)), address };
}
