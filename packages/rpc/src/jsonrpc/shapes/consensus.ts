/** What `isoquorum_consensusStatus` gives. */
export interface ConsensusStatusJson {
  readonly algorithm: string;
  /** Number of the block that is to be decided. */
  readonly height: number;
  /** Round of a BFT height; term of Raft. */
  readonly round: number;
  readonly phase: string;
  /** Null when nobody is known to be in turn. */
  readonly proposer: string | null;
  readonly isValidator: boolean;
  /** False for a validator that waits: for a block, since it has no record of what it signed, or for the chain to be where it was. */
  readonly isSigning: boolean;
  readonly validators: readonly string[];
  readonly quorum: number;
  /**
   * Validators that should have spoken, and have not. BFT: in this round; before the first proposal that is the proposer alone. Raft: voters that the leader
   * does not hear, or that are not connected while nobody leads. Clique: signers that may sign now, once a block is overdue.
   */
  readonly missing: readonly string[];
  /** Validators that are not connected to this node. */
  readonly disconnected: readonly string[];
  /** Seconds since the last block. */
  readonly secondsAtHeight: number;
  /** The last round of this height that came to nothing; null when there was none. */
  readonly failed: { readonly round: number; readonly phase: string; readonly missing: readonly string[] } | null;
  /** Clique: signers that have signed lately, by the number of the first block that they may sign again; null elsewhere. */
  readonly resting: Readonly<Record<string, number>> | null;
}
