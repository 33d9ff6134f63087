import { bytesToBigint } from '@isoquorum/primitives/integer';
import type { GenesisAccount } from '@isoquorum/primitives/genesis/genesis';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { createStateDatabase, type StateDatabase } from './database.ts';
import { createMemoryNodeSource } from './node-source.ts';
import { State } from './state.ts';
import { createTrieReader } from './trie-reader.ts';
import { type CommittedState, TrieUpdater } from './update-tries.ts';

/**
 * The public state of block 0 (goquorum.md 1.5): every account of the alloc, also empty ones. No private state is written
 * for the genesis.
 * @param database gets the result as well, when given
 */
export function createGenesisState(
  alloc: readonly GenesisAccount[],
  database: StateDatabase = createStateDatabase(createMemoryNodeSource()),
): CommittedState {
  const state = new State(createTrieReader(database, emptyTrieRoot));
  for (const account of alloc) {
    state.addBalance(account.address, account.balance);
    if (account.code.length > 0) state.setCode(account.address, account.code);
    state.setNonce(account.address, account.nonce);
    for (const { slot, value } of account.storage) {
      state.setStorage(account.address, bytesToBigint(slot), bytesToBigint(value));
    }
  }
  state.finalise(false);
  return new TrieUpdater(database, emptyTrieRoot).commit(state);
}
