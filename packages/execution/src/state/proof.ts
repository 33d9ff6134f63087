import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { bigintToFixedBytes, bytesToBigint } from '@isoquorum/primitives/integer';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { createProof, verifyProof } from '../trie/proof.ts';
import { decodeAccount } from './account.ts';
import type { StateDatabase } from './database.ts';
import { StateMissingError } from './errors.ts';
import type { Account } from './types.ts';

export interface SlotProof {
  readonly slot: bigint;
  readonly value: bigint;
  readonly nodes: readonly Uint8Array[];
}

/** An account with the trie nodes that show it (shape of eth_getProof), root first; also shows that it does not exist. */
export interface AccountProof {
  readonly address: Address;
  readonly account: Account | undefined;
  readonly nodes: readonly Uint8Array[];
  readonly slots: readonly SlotProof[];
}

function decodeSlot(encoded: Uint8Array | undefined): bigint {
  return encoded === undefined ? 0n : bytesToBigint(new RlpReader(encoded).readBytes('slot'));
}

/** @throws STATE_MISSING when a node is not at hand */
export function createAccountProof(
  database: StateDatabase,
  root: Hash32,
  address: Address,
  slots: readonly bigint[],
): AccountProof {
  const proofOf = (
    trieRoot: Hash32,
    key: Uint8Array,
    slot?: bigint,
  ): { nodes: Uint8Array[]; value: Uint8Array | undefined } => {
    const { nodes, missing } = createProof(database.readNode, trieRoot, key);
    if (missing !== undefined) throw new StateMissingError({ root, address, slot, hash: missing });
    return { nodes, value: verifyProof(trieRoot, key, nodes) };
  };
  const { nodes, value } = proofOf(root, keccak256(address));
  const account = value === undefined ? undefined : decodeAccount(value);
  const storageRoot = account?.storageRoot ?? emptyTrieRoot;
  return {
    address,
    account,
    nodes,
    slots: slots.map((slot) => {
      const proof = proofOf(storageRoot, keccak256(bigintToFixedBytes(slot, 32)), slot);
      return { slot, value: decodeSlot(proof.value), nodes: proof.nodes };
    }),
  };
}

/**
 * Checks an account proof against a state root and answers the account that it shows (`undefined`: none exists).
 * @throws TRIE_NODE_INVALID when nodes do not fit, or a claimed slot value is not what they show
 */
export function verifyAccountProof(
  root: Hash32,
  proof: AccountProof,
): { account: Account | undefined; slots: readonly { slot: bigint; value: bigint }[] } {
  const encoded = verifyProof(root, keccak256(proof.address), proof.nodes);
  const account = encoded === undefined ? undefined : decodeAccount(encoded);
  const storageRoot = account?.storageRoot ?? emptyTrieRoot;
  const slots = proof.slots.map(({ slot, nodes }) => ({
    slot,
    value: decodeSlot(verifyProof(storageRoot, keccak256(bigintToFixedBytes(slot, 32)), nodes)),
  }));
  return { account, slots };
}
