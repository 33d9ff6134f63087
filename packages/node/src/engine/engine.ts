import type { Block } from '@isoquorum/primitives/block';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { Header } from '@isoquorum/primitives/header';
import type { BftRules } from './bft-rules.ts';
import type { CliqueRules } from './clique-rules.ts';
import type { RaftRules } from './raft-rules.ts';

/** A block's header with its hash, where both are at hand. */
export interface HashedHeader {
  readonly header: Header;
  readonly hash: Hash32;
}

/** The chain's consensus rules as import, sync and RPC see them: what every kind of chain has. */
export interface CommonRules {
  /** Who made the block, as the EVM's COINBASE and the fee rule see it. @throws coded errors with GoQuorum's texts */
  author(header: Header): Address;
  /**
   * Everything that can be said of a header by its parent's state, seals included.
   * @param nowMs wall clock, for time stamps in the future
   * @throws coded errors with GoQuorum's texts
   */
  verifyHeader(header: Header, parent: HashedHeader, nowMs: number): void;
  /** The body's uncles: there are none on any of our chains. @throws coded errors with GoQuorum's texts */
  verifyUncles(block: Block): void;
  /**
   * Who decides the block after this one, sorted by bytes: validators, signers; nobody on a Raft chain, whose members the
   * log knows. @throws UNKNOWN_BLOCK when ancestors are missing
   */
  validatorsAfter(block: HashedHeader): readonly Address[];
  /** Who sealed, besides the author. */
  committers(header: Header): readonly Address[];
  /** What a person should know about who decides, if anything (decision 7). */
  warning(block: HashedHeader): string | undefined;
}

/** Where the engine has no text of its own. @throws BLOCK_INVALID */
export function refuseUncles({ header, uncles }: Block): void {
  if (uncles.length === 0) return;
  throw new IsoquorumError('BLOCK_INVALID', 'uncles not allowed', { number: header.number, field: 'uncles' });
}

/**
 * Those who decide on each block after this one together, and so have it already when it is announced: BFT's validators. Clique's signers
 * learn of each other's blocks by announcements.
 */
export function decidersTogether(rules: EngineRules, block: HashedHeader): readonly Address[] {
  return rules.kind === 'clique' ? [] : rules.validatorsAfter(block);
}

/** The rules of a chain; what one engine alone has comes with its kind. */
export type EngineRules = BftRules | CliqueRules | RaftRules;
