import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { encodeRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';

/** What a page wants proved about the public state after block `blockHash`: RLP [blockHash, [[address, [slot…]]…]]. */
export interface WitnessRequest {
  readonly blockHash: Hash32;
  readonly accounts: readonly { readonly address: Address; readonly slots: readonly Hash32[] }[];
}

/** RLP [[trie node…], [code…]]: enough nodes to walk from the block's state root to each account and slot, present or absent. */
export interface Witness {
  readonly nodes: readonly Uint8Array[];
  readonly codes: readonly Uint8Array[];
}

export const maxWitnessAccounts = 1024;
export const maxWitnessSlots = 4096;
const maxWitnessNodes = 65_536;

export function encodeWitnessRequest(request: WitnessRequest): Uint8Array {
  return encodeRlp([request.blockHash, request.accounts.map(({ address, slots }) => [address, slots])]);
}

/** All values are copies. @throws RLP errors */
export function decodeWitnessRequest(bytes: Uint8Array): WitnessRequest {
  const outer = new RlpReader(bytes);
  const reader = outer.readList('witnessRequest');
  outer.end('witnessRequest');
  const blockHash = reader.readFixed(32, 'blockHash').slice();
  const readAccount = (list: RlpReader): WitnessRequest['accounts'][number] => {
    const account = list.readList('account');
    const address = account.readFixed(20, 'address').slice();
    const slots = account.readListOf('slots', (inner) => inner.readFixed(32, 'slot').slice(), maxWitnessSlots);
    account.end('account');
    return { address, slots };
  };
  const accounts = reader.readListOf('accounts', readAccount, maxWitnessAccounts);
  reader.end('witnessRequest');
  return { blockHash, accounts };
}

export function encodeWitness(witness: Witness): Uint8Array {
  return encodeRlp([witness.nodes, witness.codes]);
}

/** Nodes and codes are views of `bytes`. @throws RLP errors */
export function decodeWitness(bytes: Uint8Array): Witness {
  const outer = new RlpReader(bytes);
  const reader = outer.readList('witness');
  outer.end('witness');
  const nodes = reader.readListOf('nodes', (list) => list.readBytes('node'), maxWitnessNodes);
  const codes = reader.readListOf('codes', (list) => list.readBytes('code'), maxWitnessAccounts);
  reader.end('witness');
  return { nodes, codes };
}
