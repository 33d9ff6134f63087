import type { Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToBareHex, bytesToHex } from '@isoquorum/primitives/hex';

/**
 * Codes of the chain: `UNKNOWN_BLOCK` (not in the store), `UNKNOWN_PRIVATE_STATE` (this node has no state of that name),
 * `PRIVATE_STATE_BEHIND` (the private head has not reached the block), `STORE_SCHEMA_NEWER` (written by a later version),
 * `STORE_GENESIS_MISMATCH` (holds another chain), `STORE_DAMAGED` (an entry that must be there is not),
 * `STATE_PRUNED` (`--gcmode full` has removed the states of that block; `keptFrom` is the first that is there),
 * `PRIVATE_STATE_PRUNED` (it has removed what a private state that was not followed then would go on from),
 * `CHAIN_CONFLICT` (another final block at that height).
 */
export type ChainErrorCode =
  | 'UNKNOWN_BLOCK'
  | 'UNKNOWN_PRIVATE_STATE'
  | 'PRIVATE_STATE_BEHIND'
  | 'STORE_SCHEMA_NEWER'
  | 'STORE_GENESIS_MISMATCH'
  | 'STORE_DAMAGED'
  | 'STATE_PRUNED'
  | 'PRIVATE_STATE_PRUNED'
  | 'CHAIN_CONFLICT';

export function unknownBlock(hash: Hash32): IsoquorumError {
  return new IsoquorumError('UNKNOWN_BLOCK', 'unknown block', { hash: bytesToHex(hash) });
}

/** With GoQuorum's text for a node with several private states, or with one. */
export function unknownPrivateState(psi: string, isMps: boolean): IsoquorumError {
  const text = isMps
    ? `unable to find private state for context psi ${psi}`
    : "only the 'private' psi is supported by the default private state manager";
  return new IsoquorumError('UNKNOWN_PRIVATE_STATE', text, { psi });
}

export function privateStateBehind(psi: string, privateNumber: number, blockNumber: number): IsoquorumError {
  return new IsoquorumError(
    'PRIVATE_STATE_BEHIND',
    `private state ${psi} stands at block ${privateNumber}, behind block ${blockNumber}: its payloads could not be resolved yet`,
    { psi, privateNumber, blockNumber },
    'RETRY',
  );
}

/** With geth's words for a root that is not there, and what to do about it. */
export function statePruned(root: Hash32, number: number, keptFrom: number): IsoquorumError {
  return new IsoquorumError(
    'STATE_PRUNED',
    `missing trie node ${bytesToBareHex(root)} (path ): the state of block ${number} was pruned, the oldest kept is that of block ${keptFrom}; run with --gcmode archive to keep all`,
    { number, keptFrom, root: bytesToHex(root) },
  );
}

export function privateStatePruned(psi: string, number: number, keptFrom: number): IsoquorumError {
  return new IsoquorumError(
    'PRIVATE_STATE_PRUNED',
    `private state ${psi} stands at block ${number} and cannot be executed further: states are kept from block ${keptFrom} on, because it was not followed when older ones were removed (an import with --psi, a manager that did not list its group). The store is as it was: go on without ${psi}, or import the chain into an empty directory for all private states (without --psi), or with --gcmode archive`,
    { psi, number, keptFrom },
    'STOP',
  );
}

export function storeDamaged(what: string, fields: Readonly<Record<string, unknown>> = {}): IsoquorumError {
  return new IsoquorumError('STORE_DAMAGED', `the store is damaged: ${what}`, { what, ...fields }, 'STOP');
}
