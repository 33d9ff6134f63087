/** What `clique_getSnapshot` gives. `votes` is null at the genesis and at checkpoints. */
export interface CliqueSnapshotJson {
  readonly number: number;
  readonly hash: string;
  readonly signers: Readonly<Record<string, Readonly<Record<string, never>>>>;
  readonly recents: Readonly<Record<string, string>>;
  readonly votes:
    | readonly {
        readonly signer: string;
        readonly block: number;
        readonly address: string;
        readonly authorize: boolean;
      }[]
    | null;
  readonly tally: Readonly<Record<string, { readonly authorize: boolean; readonly votes: number }>>;
}

/** What `clique_status` gives: blocks sealed by each signer, and how many of a hundred were sealed in turn. */
export interface CliqueStatusJson {
  readonly inturnPercent: number;
  readonly sealerActivity: Readonly<Record<string, number>>;
  readonly numBlocks: number;
}
