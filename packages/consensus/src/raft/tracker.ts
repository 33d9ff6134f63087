import { createInflights } from './inflights.ts';
import type { Progress } from './progress.ts';
import { committedIndex, type JointConfig, sortedIds, type VoteResult, voteResult } from './quorum.ts';
import type { ConfState } from './types.ts';

/** Who is a member and how. Learners get the log and have no vote; `learnersNext` are voters of the outgoing half that become learners when it is left. */
export interface MemberConfig {
  readonly voters: JointConfig;
  readonly learners: ReadonlySet<number>;
  readonly learnersNext: ReadonlySet<number>;
  /** A joint configuration is left by the leader as soon as it is applied. */
  readonly autoLeave: boolean;
}

export type ProgressMap = ReadonlyMap<number, Progress>;

/** The members, what the leader knows of each, and the votes of an election. */
export interface Tracker {
  config: MemberConfig;
  progress: ProgressMap;
  votes: Map<number, boolean>;
  readonly maxInflightMessages: number;
  readonly maxInflightBytes: number;
}

export const emptyMemberConfig: MemberConfig = {
  voters: { incoming: new Set(), outgoing: new Set() },
  learners: new Set(),
  learnersNext: new Set(),
  autoLeave: false,
};

export function createTracker(maxInflightMessages: number, maxInflightBytes: number): Tracker {
  return { config: emptyMemberConfig, progress: new Map(), votes: new Map(), maxInflightMessages, maxInflightBytes };
}

/** A member that nothing is known of. */
export function createProgress(
  tracker: Pick<Tracker, 'maxInflightMessages' | 'maxInflightBytes'>,
  fields: Partial<Progress> & { readonly next: number; readonly isLearner: boolean },
): Progress {
  return {
    match: 0,
    sentCommit: 0,
    state: 'StateProbe',
    pendingSnapshot: 0,
    recentActive: false,
    isFlowPaused: false,
    inflights: createInflights(tracker.maxInflightMessages, tracker.maxInflightBytes),
    ...fields,
  };
}

export function isJoint(config: MemberConfig): boolean {
  return config.voters.outgoing.size > 0;
}

export function confStateOf(config: MemberConfig): ConfState {
  return {
    voters: sortedIds(config.voters.incoming),
    votersOutgoing: sortedIds(config.voters.outgoing),
    learners: sortedIds(config.learners),
    learnersNext: sortedIds(config.learnersNext),
    autoLeave: config.autoLeave,
  };
}

/** Ids of all members, ascending: the order in which messages are made. */
export function memberIds(tracker: Tracker): number[] {
  return sortedIds(tracker.progress.keys());
}

/** One voter and no other half: no message is needed to commit or to read. */
export function isSingleton(tracker: Tracker): boolean {
  const { incoming, outgoing } = tracker.config.voters;
  return incoming.size === 1 && outgoing.size === 0;
}

/** The index that a quorum has. */
export function trackedCommit(tracker: Tracker): number {
  return committedIndex(tracker.config.voters, (id) => tracker.progress.get(id)?.match);
}

/** Whether a quorum was heard from since the last check. */
export function isQuorumActive(tracker: Tracker): boolean {
  const active = new Map<number, boolean>();
  for (const [id, progress] of tracker.progress) if (!progress.isLearner) active.set(id, progress.recentActive);
  return voteResult(tracker.config.voters, active) === 'won';
}

/** The first vote of a node counts. */
export function recordVote(tracker: Tracker, id: number, granted: boolean): void {
  if (!tracker.votes.has(id)) tracker.votes.set(id, granted);
}

export function tallyVotes(tracker: Tracker): { granted: number; rejected: number; result: VoteResult } {
  let granted = 0;
  let rejected = 0;
  for (const [id, vote] of tracker.votes) {
    const progress = tracker.progress.get(id);
    if (progress === undefined || progress.isLearner) continue;
    if (vote) granted++;
    else rejected++;
  }
  return { granted, rejected, result: voteResult(tracker.config.voters, tracker.votes) };
}
