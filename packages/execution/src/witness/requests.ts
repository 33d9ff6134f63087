import type { Address } from '@isoquorum/primitives/bytes';
import { bytesToBigint } from '@isoquorum/primitives/integer';
import { type Transaction, transactionSender } from '@isoquorum/primitives/transaction/transaction';
import { bytesToMapKey } from '../state/node-source.ts';
import type { Need } from '../transition/types.ts';
import type { WitnessRequest } from './witness.ts';

/** One request per account, with all slots that were named for it. */
export function mergeRequests(requests: Iterable<WitnessRequest>): WitnessRequest[] {
  const byAddress = new Map<string, { address: Address; slots: Set<bigint> }>();
  for (const { address, slots } of requests) {
    const key = bytesToMapKey(address);
    let entry = byAddress.get(key);
    if (entry === undefined) {
      entry = { address, slots: new Set() };
      byAddress.set(key, entry);
    }
    for (const slot of slots) entry.slots.add(slot);
  }
  return [...byAddress.values()].map(({ address, slots }) => ({ address, slots: [...slots] }));
}

/** What a block will read for sure: senders, recipients, access lists, and who gets the fees. Asking for it at once saves round trips. */
export function expectedRequests(
  transactions: readonly Transaction[],
  chainId: bigint | undefined,
  feeAccount: Address,
): WitnessRequest[] {
  const requests: WitnessRequest[] = [{ address: feeAccount, slots: [] }];
  for (const transaction of transactions) {
    requests.push({ address: transactionSender(transaction, chainId), slots: [] });
    if (transaction.to !== undefined) requests.push({ address: transaction.to, slots: [] });
    if (transaction.type !== 1) continue;
    for (const { address, storageKeys } of transaction.accessList)
      requests.push({ address, slots: storageKeys.map(bytesToBigint) });
  }
  return mergeRequests(requests);
}

/** The public needs of a transition as requests. */
export function requestsOfNeeds(needs: readonly Need[]): WitnessRequest[] {
  const requests: WitnessRequest[] = [];
  for (const need of needs) {
    if (need.type !== 'public' || need.address === undefined) continue;
    requests.push({ address: need.address, slots: need.slots.map(bytesToBigint) });
  }
  return mergeRequests(requests);
}
