import type { Address } from '@isoquorum/primitives/bytes';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import type { Account, StateReader } from '@isoquorum/execution/state/types';
import type { RpcRequestContext } from '@isoquorum/rpc/jsonrpc/session';
import type { BlockSelector } from '@isoquorum/rpc/jsonrpc/parameters/block-selector';
import { selectHeader, type LocatedHeader } from './blocks.ts';
import { psiOf, type HandlerContext } from './context.ts';

/** An account, and the state it was found in. */
export interface FoundAccount {
  readonly account: Account;
  readonly state: StateReader;
  readonly root: Uint8Array;
  readonly isPrivate: boolean;
}

/** Both states after a block, as one caller sees them. */
export interface States extends LocatedHeader {
  readonly publicState: StateReader;
  /** Undefined while the private head is below the block: then {@link States.requirePrivate} throws. */
  readonly privateState: StateReader | undefined;
  /** @throws PRIVATE_STATE_BEHIND, naming both heights */
  requirePrivate(): StateReader;
  /**
   * The private account if there is one, else the public one (goquorum.md 3.4). While the private head is behind, an account that is public
   * and not private there is taken for public. @throws PRIVATE_STATE_BEHIND where that does not decide
   */
  find(address: Address): FoundAccount | undefined;
  /** Whether the address exists in the public state, or in the private one as far as that has come. */
  isKnown(address: Address): boolean;
  /** Whether a call to this address runs on the private state. @throws PRIVATE_STATE_BEHIND where that cannot be told */
  isPrivate(address: Address): boolean;
}

/** Opens both states after the block that a request names. @throws RpcError, UNKNOWN_PRIVATE_STATE */
export function openStates(context: HandlerContext, selector: BlockSelector, request: RpcRequestContext): States {
  const { chain, database, states } = context;
  // In the order of the original: a block by its hash is looked for first, one by its number last.
  const byHash = selector.type === 'hash' ? selectHeader(context, selector) : undefined;
  const psi = psiOf(context, request);
  const located = byHash ?? selectHeader(context, selector);
  const publicRoot = located.header.stateRoot;
  const publicState = createTrieReader(database, publicRoot);
  let behind: unknown;
  let privateRoot: Uint8Array;
  try {
    privateRoot = states.at(located.hash, psi).privateRoot;
  } catch (error) {
    if (!isIsoquorumError(error, 'PRIVATE_STATE_BEHIND')) throw error;
    behind = error;
    // What the private state was when it stopped: it tells private addresses that existed then.
    privateRoot = chain.privateHead(psi).root;
  }
  const lastPrivate = createTrieReader(database, privateRoot);

  function requirePrivate(): StateReader {
    if (behind !== undefined) throw behind;
    return lastPrivate;
  }

  function find(address: Address): FoundAccount | undefined {
    const privateAccount = lastPrivate.account(address);
    if (privateAccount !== undefined)
      return { account: privateAccount, state: requirePrivate(), root: privateRoot, isPrivate: true };
    const account = publicState.account(address);
    if (account !== undefined) return { account, state: publicState, root: publicRoot, isPrivate: false };
    // Unknown to both: it may have been created privately in the blocks that are not executed yet.
    requirePrivate();
    return undefined;
  }

  return {
    ...located,
    publicState,
    privateState: behind === undefined ? lastPrivate : undefined,
    requirePrivate,
    find,
    isKnown: (address) => lastPrivate.account(address) !== undefined || publicState.account(address) !== undefined,
    isPrivate: (address) => find(address)?.isPrivate ?? false,
  };
}
