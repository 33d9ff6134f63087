import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { TrieNodeMissingError } from '../trie/errors.ts';

export type StateMissingFields = {
  readonly root: string;
  readonly address: string | undefined;
  readonly slot: string | undefined;
  readonly hash: string;
  readonly isCode: boolean;
};

/**
 * A part of a state that is not at hand: which state (`root`), which account, which slot, and the hash of the missing node
 * or code. A transition turns it into a need; elsewhere it means a pruned or broken store.
 */
export class StateMissingError extends IsoquorumError<'STATE_MISSING', StateMissingFields> {
  readonly root: Hash32;
  readonly address: Address | undefined;
  readonly slot: Hash32 | undefined;
  readonly hash: Hash32;
  readonly isCode: boolean;

  constructor(missing: {
    root: Hash32;
    address?: Address | undefined;
    slot?: bigint | undefined;
    hash: Hash32;
    isCode?: boolean;
  }) {
    const slot = missing.slot === undefined ? undefined : bigintToFixedBytes(missing.slot, 32);
    const isCode = missing.isCode ?? false;
    super(
      'STATE_MISSING',
      `missing ${isCode ? 'code' : 'trie node'} ${bytesToHex(missing.hash)} of state ${bytesToHex(missing.root)}`,
      {
        root: bytesToHex(missing.root),
        address: missing.address === undefined ? undefined : bytesToHex(missing.address),
        slot: slot === undefined ? undefined : bytesToHex(slot),
        hash: bytesToHex(missing.hash),
        isCode,
      },
      'RETRY',
    );
    this.root = missing.root;
    this.address = missing.address;
    this.slot = slot;
    this.hash = missing.hash;
    this.isCode = isCode;
  }
}

/** Runs a trie operation and names the state, account and slot in the error when a node is missing. */
export function withStateContext<T>(
  root: Hash32,
  address: Address | undefined,
  slot: bigint | undefined,
  operation: () => T,
): T {
  try {
    return operation();
  } catch (error) {
    throw toStateMissing(error, root, address, slot);
  }
}

/** A missing node as {@link StateMissingError}; any other error as it is. */
export function toStateMissing(
  error: unknown,
  root: Hash32,
  address: Address | undefined,
  slot: bigint | undefined,
): unknown {
  return error instanceof TrieNodeMissingError
    ? new StateMissingError({ root, address, slot, hash: error.hash })
    : error;
}

/** True for errors that say that data is not at hand, whichever layer says it. */
export function isMissingData(error: unknown): boolean {
  return isIsoquorumError(error, 'STATE_MISSING', 'TRIE_NODE_MISSING', 'STORE_MISS');
}
