import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { Header } from '@isoquorum/primitives/header';

/** A block's header with its hash, where both are at hand. */
export interface HashedHeader {
  readonly header: Header;
  readonly hash: Hash32;
}

/** The chain's consensus rules as import and sync see them; one per kind of chain. */
export interface EngineRules {
  /** Who made the block, as the EVM's COINBASE and the fee rule see it. @throws INVALID_EXTRA_DATA, INVALID_SIGNATURE */
  author(header: Header): Address;
  /**
   * Everything that can be said of a header by its parent's state, seals included.
   * @param nowMs wall clock, for time stamps in the future
   * @throws coded errors with GoQuorum's texts
   */
  verifyHeader(header: Header, parent: HashedHeader, nowMs: number): void;
  /** Validators that decide the block after this one, sorted by bytes. @throws UNKNOWN_BLOCK when ancestors are missing */
  validatorsAfter(block: HashedHeader): readonly Address[];
  /** Who sealed. */
  committers(header: Header): readonly Address[];
}
