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

function dumpOne(database: StateDatabase, root: Hash32, addressHash: Hash32, encoded: Uint8Array): DumpedAccount {
  const account = decodeAccount(encoded);
  const address = database.preimage(addressHash);
  const code = database.code(account.codeHash);
  if (code === undefined) throw new StateMissingError({ root, address, hash: account.codeHash, isCode: true });
  const storage: DumpedSlot[] = [];
  withStateContext(root, address, undefined, () => {
    for (const [slotHash, value] of iterateTrie(database.readNode, account.storageRoot)) {
      storage.push({
        slotHash,
        slot: database.preimage(slotHash),
        value: bytesToBigint(new RlpReader(value).readBytes('slot')),
      });
    }
  });
  return { ...account, addressHash, address, code, storage };
}

/**
 * The accounts of a state in the order of their hashed addresses (debug_dumpBlock, debug_accountRange), from a hash on.
 * @throws STATE_MISSING
 */
export function* dumpState(database: StateDatabase, root: Hash32, start?: Hash32): Generator<DumpedAccount> {
  const leaves = iterateTrie(database.readNode, root, start);
  for (;;) {
    const next = withStateContext(root, undefined, undefined, () => leaves.next());
    if (next.done === true) return;
    yield dumpOne(database, root, next.value[0], next.value[1]);
  }
}

/** One account of a state, or `undefined`. @throws STATE_MISSING */
export function dumpAccount(database: StateDatabase, root: Hash32, address: Address): DumpedAccount | undefined {
  const hash = keccak256(address);
  const encoded = withStateContext(root, address, undefined, () => database.openTrie(root).get(hash));
  return encoded === undefined ? undefined : { ...dumpOne(database, root, hash, encoded), address };
}
