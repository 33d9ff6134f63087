import type { RaftAddress } from '@isoquorum/consensus/raft/cluster-state';
import type { ConfChangeType } from '@isoquorum/consensus/raft/conf-change';
import type { Refusal } from '@isoquorum/consensus/raft/refusal';
import type { RaftStatus } from '@isoquorum/consensus/raft/types';
import type { Members } from './members.ts';

/** The cluster as a node of it sees it, for `raft_*`. */
export interface RaftCluster {
  /** Our own id. */
  readonly raftId: number;
  readonly members: Members;
  /** Members may be named by host names. */
  readonly isDnsEnabled: boolean;
  /** Undefined until the log is open. */
  raftStatus(): RaftStatus | undefined;
  /** How far the newest snapshot goes; 0 when there is none. */
  snapshotIndex(): number;
  isConnected(raftId: number): boolean;
  /** Hands leadership to a member, if this node leads. */
  transferLeader(raftId: number): void;
  /** Proposes a change of one member, here or by way of the leader. Undefined: on its way. */
  changeMember(type: ConfChangeType, raftId: number, address: RaftAddress | undefined): Refusal | undefined;
}
