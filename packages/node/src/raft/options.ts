import type { RaftAddress } from '@isoquorum/consensus/raft/cluster-state';
import type { Address } from '@isoquorum/primitives/bytes';

/** What a node of a Raft chain is told beside its genesis, which says nothing of Raft (goquorum.md 8.1). */
export interface RaftOptions {
  /** Our own: position in `static-nodes.json` from 1, or what `raft_addPeer` answered. */
  readonly raftId: number;
  /** The first members, ourselves among them; empty when joining a cluster that runs. */
  readonly members: readonly RaftAddress[];
  /** Least time between two blocks; 50 unless told. */
  readonly blockTimeMs?: number;
  /** Write seconds into headers, where the original writes nanoseconds that many tools cannot read. */
  readonly isInSeconds?: boolean;
  /** Entries after which a snapshot is made and the log cut, and how many stay behind it; 250 unless told. */
  readonly snapshotEvery?: number;
  /** Gets fees where gas has a price; default the node's address. */
  readonly feeRecipient?: Address;
  /** Members may be named by host names. */
  readonly isDnsEnabled?: boolean;
  /** Members by now, whenever they change: whom to admit and to dial. */
  readonly onMembers?: (members: readonly RaftAddress[]) => void;
}
