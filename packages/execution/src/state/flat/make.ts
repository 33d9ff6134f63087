import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { bytesToBigint } from '@isoquorum/primitives/integer';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import type { StoreOperation } from '@isoquorum/platform/store';
import { iterateTrie } from '../../trie/iterate.ts';
import type { NodeReader } from '../../trie/trie.ts';
import { decodeAccount } from '../account.ts';
import type { FlatMarker } from './marker.ts';
import { encodeFlatAccount, encodeFlatSlot, flatAccountKey, flatSlotKey, madeIncarnation } from './records.ts';

export interface FlatPart {
  readonly operations: readonly StoreOperation[];
  /** Where to go on; `undefined` when that was the last part. */
  readonly marker: FlatMarker | undefined;
  readonly accounts: number;
}

/**
 * The next part of a snapshot, from the trie of the head: accounts in the order of their hashes from the marker on, each
 * with its slots. Blocks may come between parts; each part is made from the trie of its own moment.
 * @param headNumber makes incarnations that no earlier storage of an address had
 * @param limit about how many entries
 * @throws TRIE_NODE_MISSING
 */
export function makeFlatPart(
  read: NodeReader,
  root: Hash32,
  marker: FlatMarker,
  headNumber: number,
  limit: number,
): FlatPart {
  const operations: StoreOperation[] = [];
  let accounts = 0;
  for (const [addressHash, encoded] of iterateTrie(read, root, marker.account)) {
    const isBegun = marker.slot !== undefined && bytesEqual(addressHash, marker.account);
    const incarnation = isBegun ? marker.incarnation : madeIncarnation(headNumber);
    if (!isBegun && operations.length >= limit)
      return { operations, marker: { account: addressHash, slot: undefined, incarnation: 0 }, accounts };
    const account = { ...decodeAccount(encoded), incarnation };
    for (const [slotHash, value] of iterateTrie(read, account.storageRoot, isBegun ? marker.slot : undefined)) {
      if (operations.length >= limit)
        return { operations, marker: { account: addressHash, slot: slotHash, incarnation }, accounts };
      const number = bytesToBigint(new RlpReader(value).readBytes('slot'));
      const key = flatSlotKey(addressHash, incarnation, slotHash);
      operations.push({ type: 'put', key, value: encodeFlatSlot(number) });
    }
    operations.push({ type: 'put', key: flatAccountKey(addressHash), value: encodeFlatAccount(account) });
    accounts++;
  }
  return { operations, marker: undefined, accounts };
}
