import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import type { StateDatabase } from './database.ts';
import { createTrieReader } from './trie-reader.ts';
import type { Account, StatePair, StateReader } from './types.ts';

/** The readable pair at two roots; without a private root the private state is empty. */
export function createStatePair(
  database: StateDatabase,
  publicRoot: Hash32,
  privateRoot: Hash32 = emptyTrieRoot,
): StatePair {
  return { publicState: createTrieReader(database, publicRoot), privateState: createTrieReader(database, privateRoot) };
}

/** Where an address is read: the private state if the account exists there, else the public one (goquorum.md 3.4). */
export function stateOf(
  pair: StatePair,
  address: Address,
): { readonly state: StateReader; readonly account: Account | undefined; readonly isPrivate: boolean } {
  const account = pair.privateState.account(address);
  if (account !== undefined) return { state: pair.privateState, account, isPrivate: true };
  return { state: pair.publicState, account: pair.publicState.account(address), isPrivate: false };
}

export function balanceOf(pair: StatePair, address: Address): bigint {
  return stateOf(pair, address).account?.balance ?? 0n;
}

export function nonceOf(pair: StatePair, address: Address): bigint {
  return stateOf(pair, address).account?.nonce ?? 0n;
}

export function codeOf(pair: StatePair, address: Address): Uint8Array {
  const { state, account } = stateOf(pair, address);
  return account === undefined ? new Uint8Array(0) : state.code(address, account.codeHash);
}

export function storageOf(pair: StatePair, address: Address, slot: bigint): bigint {
  const { state, account } = stateOf(pair, address);
  return account === undefined ? 0n : state.storage(address, account, slot);
}

/** Root of the account's storage; `undefined` when it exists in neither state (eth_storageRoot: `can't find state object`). */
export function storageRootOf(pair: StatePair, address: Address): Hash32 | undefined {
  return stateOf(pair, address).account?.storageRoot;
}
