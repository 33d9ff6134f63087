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
  readonly validators: readonly string[];
  readonly quorum: number;
  /** Validators that should have spoken in this round, and have not; before the first proposal that is the proposer alone. */
  readonly missing: readonly string[];
  /** Validators that are not connected to this node. */
  readonly disconnected: readonly string[];
  /** Seconds since the last block. */
  readonly secondsAtHeight: number;
  /** The last round of this height that came to nothing; null when there was none. */
  readonly failed: { readonly round: number; readonly phase: string; readonly missing: readonly string[] } | null;
}
