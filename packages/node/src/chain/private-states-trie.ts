import { privateStatesRoot } from '@isoquorum/execution/state/private-states-root';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { EMPTY_PRIVATE_STATE } from '../private/private-groups.ts';
import type { ChainReader } from './chain.ts';
import { unknownBlock } from './errors.ts';

/** The trie of private states of a chain that has several (goquorum.md 5.1): nothing but the kept roots of each, put together when asked for. */
export interface PrivateStatesTrie {
  /**
   * Its root after a canonical block, at the end of a walk that comes up for every block that it looks at for the first time.
   * @throws PRIVATE_STATE_BEHIND while one of the private states has not executed the block; UNKNOWN_BLOCK
   */
  rootAfter(number: number): Generator<undefined, Hash32>;
}

interface Search {
  /** Highest block looked at. */
  upTo: number;
  /** First block that the private state was run in. */
  first: number | undefined;
}

/**
 * A private state is in the trie from the first block on that it was run in, changed by it or not, as GoQuorum writes all states that it opened for a
 * block: that of nobody for any transaction, those of groups for any private transaction, and for one inside a marker those of its
 * parties. Groups are those that the manager lists now, as if it always had.
 */
export function createPrivateStatesTrie(chain: ChainReader): PrivateStatesTrie {
  const searches = new Map<string, Search>();
  chain.onEvent((event) => {
    if (event.type === 'privateRewind' || (event.type === 'head' && event.removed.length > 0)) searches.clear();
  });

  function isRun(psi: string, number: number): boolean {
    const hash = chain.hashByNumber(number);
    const header = chain.headerByNumber(number);
    if (hash === undefined || header === undefined || bytesEqual(header.transactionsRoot, emptyTrieRoot)) return false;
    if (psi === EMPTY_PRIVATE_STATE) return true;
    return [chain.privateReceipts(hash, psi), chain.innerReceipts(hash, psi)].some((some) => (some?.size ?? 0) > 0);
  }

  function* isIn(psi: string, number: number): Generator<undefined, boolean> {
    const search = searches.get(psi) ?? { upTo: 0, first: undefined };
    searches.set(psi, search);
    while (search.first === undefined && search.upTo < number) {
      yield;
      if (isRun(psi, ++search.upTo)) search.first = search.upTo;
    }
    return search.first !== undefined && search.first <= number;
  }

  return {
    *rootAfter(number) {
      const hash = chain.hashByNumber(number);
      if (hash === undefined) throw unknownBlock(new Uint8Array(32));
      const roots: [string, Hash32][] = [];
      for (const psi of chain.privateStates()) {
        const root = chain.privateStateRoot(hash, psi);
        if (yield* isIn(psi, number)) roots.push([psi, root]);
      }
      return privateStatesRoot(roots);
    },
  };
}
