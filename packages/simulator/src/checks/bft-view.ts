import type { Address } from '@isoquorum/primitives/bytes';

/** A PREPARE, or a ROUND-CHANGE, inside a certificate: what it says, and who signed it (undefined: nobody can have). */
export interface SignedClaim {
  readonly signer: Address | undefined;
  readonly height: number;
  readonly round: number;
  /** Bare hex; of a ROUND-CHANGE what it had prepared, if anything. */
  readonly digest: string | undefined;
  /** Of a ROUND-CHANGE: the round in which it had prepared that. */
  readonly preparedRound: number | undefined;
}

/** A message of a BFT engine as the checkers see it: the same for QBFT and IBFT. */
export interface BftView extends SignedClaim {
  readonly type: 'prePrepare' | 'prepare' | 'commit' | 'roundChange';
  /** PREPAREs that certify what is prepared. */
  readonly prepares: readonly SignedClaim[];
  /** ROUND-CHANGEs that justify a proposal. */
  readonly roundChanges: readonly SignedClaim[];
}
