import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { Header } from '@isoquorum/primitives/header';
import type { Transaction } from '@isoquorum/primitives/transaction/transaction';

/** A header that was checked here: linked to its parent, by an author of the parent's set, sealed by a full quorum. */
export interface CheckedHeader {
  readonly header: Header;
  readonly hash: Hash32;
  /** State root of the parent, which was checked before. */
  readonly parentRoot: Hash32;
  readonly author: Address;
  /** Distinct validators whose seals were recovered. */
  readonly sealers: readonly Address[];
  /** The parent's validator set. */
  readonly validators: readonly Address[];
  readonly quorum: number;
  readonly round: number;
}

/** A checked header with the body that belongs to it. */
export interface CheckedBlock extends CheckedHeader {
  readonly transactions: readonly Transaction[];
}

/** Follows one chain header by header (decision 14). */
export interface HeaderVerifier {
  readonly head: { readonly header: Header; readonly hash: Hash32 };
  /** The set in charge of the block after the head. */
  readonly validators: readonly Address[];
  readonly quorum: number;
  /** The contract that names the validators after block `number`, if one does: what it says there has to be given to `accept`. */
  contractAt(number: number): Address | undefined;
  /**
   * Checks the header after the head, with its seals, and stays where it is.
   * @param nowSeconds for headers from the future
   * @throws coded errors with a reason that a person can read
   */
  check(header: Header, nowSeconds: number): void;
  /**
   * Checks the header after the head and moves on to it; stays where it is when it throws.
   * @param nowSeconds for headers from the future
   * @param chosen the validators that the contract names on the header's own state, where there is one
   * @throws coded errors with a reason that a person can read
   */
  accept(header: Header, nowSeconds: number, chosen?: readonly Address[]): CheckedHeader;
  /** Who made and sealed a header that was checked before, for instance before a restart. */
  describe(header: Header): Pick<CheckedHeader, 'author' | 'sealers' | 'round'>;
  /** What {@link HeaderVerifier} needs to go on from the head after a restart. */
  encode(): Uint8Array;
}
