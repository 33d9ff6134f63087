/** What `istanbul_getSignersFromBlock` gives; the capitals are GoQuorum's. */
export interface BlockSignersJson {
  readonly Number: number;
  readonly Hash: string;
  readonly Author: string;
  /** Null for the genesis. */
  readonly Committers: readonly string[] | null;
}

export interface SnapshotVoteJson {
  readonly validator: string;
  readonly block: number;
  readonly address: string;
  readonly authorize: boolean;
}

/** What `istanbul_getSnapshot` gives. `votes` is null at the genesis. */
export interface SnapshotJson {
  readonly epoch: number;
  readonly number: number;
  readonly hash: string;
  readonly votes: readonly SnapshotVoteJson[] | null;
  readonly tally: Readonly<Record<string, { readonly authorize: boolean; readonly votes: number }>>;
  readonly validators: readonly string[];
  readonly policy: number;
}

/** What `istanbul_status` gives: blocks sealed by each validator. */
export interface IstanbulStatusJson {
  readonly sealerActivity: Readonly<Record<string, number>>;
  readonly numBlocks: number;
}
