import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { createStateDatabase } from '../state/database.ts';
import { createMemoryNodeSource } from '../state/node-source.ts';
import { State } from '../state/state.ts';
import { createTrieReader } from '../state/trie-reader.ts';
import { TrieUpdater } from '../state/update-tries.ts';

/**
 * `trie.update`: 1,000 balance changes in a state of 10,000 accounts, root and store operations included.
 * @param nowMs a clock with fractions of milliseconds
 */
export function benchTrieUpdate(nowMs: () => number, rounds = 10): { readonly microsecondsPerUpdate: number } {
  const accounts = Array.from({ length: 10_000 }, (_, index) => bigintToFixedBytes(BigInt(index + 1) << 40n, 20));
  const source = createMemoryNodeSource();
  const database = createStateDatabase(source);
  let root: Uint8Array = emptyTrieRoot;
  const apply = (changed: readonly Uint8Array[], balance: bigint): void => {
    const state = new State(createTrieReader(database, root));
    for (const address of changed) state.setBalance(address, balance);
    state.finalise(true);
    const committed = new TrieUpdater(database, root).commit(state);
    source.apply(committed.operations);
    root = committed.root;
  };
  apply(accounts, 1n);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const changed = accounts.filter((_, index) => index % 10 === round % 10);
    const start = nowMs();
    apply(changed, BigInt(round + 2));
    times.push(((nowMs() - start) * 1000) / changed.length);
  }
  return { microsecondsPerUpdate: times.toSorted((left, right) => left - right)[rounds >> 1] ?? Number.NaN };
}
