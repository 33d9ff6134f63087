import { majorityOf } from '@isoquorum/consensus/raft/quorum';
import type { ProgressView } from '@isoquorum/consensus/raft/raw-node';
import type { RaftStatus } from '@isoquorum/consensus/raft/types';
import type { Address } from '@isoquorum/primitives/bytes';
import { bytesToHex } from '@isoquorum/primitives/hex';
import type { Logger } from '@isoquorum/platform/logger';
import type { ConsensusStatus } from '../consensus-driver/driver.ts';
import type { Members } from './members.ts';

/** What a Raft node knows of its cluster at a moment. */
export interface RaftView {
  readonly raftId: number;
  readonly members: Members;
  /** Undefined until the log is open. */
  readonly status: RaftStatus | undefined;
  /** Of every member, at the leader; empty elsewhere. */
  readonly progress: ReadonlyMap<number, ProgressView> | undefined;
  readonly isConnected: (raftId: number) => boolean;
  readonly isRecovering: boolean;
  /** Number of the block that comes next. */
  readonly height: number;
  /** Unix milliseconds. */
  readonly sinceMs: number;
}

/** Where a Raft cluster stands. Whom the leader has not heard lately is missing, and while nobody leads, whoever is not connected. */
export function raftConsensusStatus(view: RaftView): ConsensusStatus {
  const { raftId, members, status, progress, height, sinceMs } = view;
  const voters = status?.confState.voters ?? [];
  const addressesOf = (ids: readonly number[]): readonly Address[] => ids.flatMap((id) => members.addressOf(id) ?? []);
  const others = voters.filter((id) => id !== raftId);
  const silent = others.filter((id) => progress?.get(id)?.recentActive === false);
  const gone = others.filter((id) => !view.isConnected(id));
  const role = status?.softState.role.slice('State'.length).toLowerCase() ?? 'opening';
  return {
    algorithm: 'raft',
    height,
    round: status?.hardState.term ?? 0,
    phase: view.isRecovering ? 'recovering' : role,
    proposer: status === undefined ? undefined : members.addressOf(status.softState.lead),
    isValidator: voters.includes(raftId),
    isSigning: voters.includes(raftId) && !view.isRecovering,
    validators: addressesOf(voters),
    quorum: majorityOf(voters.length),
    missing: addressesOf(progress === undefined || progress.size === 0 ? gone : silent),
    disconnected: addressesOf(gone),
    sinceMs,
  };
}

/** Says who is missing while nobody leads. Whoever has no vote, and so may not be in the cluster, waits silently. */
export function tellNoLeader(logger: Logger, status: ConsensusStatus): void {
  const { height, round, phase, quorum, validators, missing, isValidator } = status;
  if (!isValidator) return;
  logger.log('warn', 'No leader: too few members are there', {
    height,
    term: round,
    phase,
    missing: missing.map(bytesToHex).join(' ') || 'nobody',
    quorum,
    voters: validators.length,
  });
}
