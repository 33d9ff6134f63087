import type { Inflights } from './inflights.ts';

/**
 * How a follower is fed: `probe` one message at a time until it answers, `replicate` optimistically within the window, `snapshot` nothing until a
 * snapshot has arrived.
 */
export type ProgressState = 'StateProbe' | 'StateReplicate' | 'StateSnapshot';

/** What the leader knows of one member. Invariant: match < next. Changed in place by the functions below. */
export interface Progress {
  /** Greatest index known to be in the member's log. */
  match: number;
  /** Index of the next entry to send. */
  next: number;
  /** Greatest commit index told to the member. */
  sentCommit: number;
  state: ProgressState;
  /** Index of the snapshot under way, in state `snapshot`. */
  pendingSnapshot: number;
  /** Heard from since the last check of the quorum. */
  recentActive: boolean;
  /** Nothing is sent until an answer or a heartbeat's answer comes. */
  isFlowPaused: boolean;
  readonly inflights: Inflights;
  isLearner: boolean;
}

function resetState(progress: Progress, state: ProgressState): void {
  progress.isFlowPaused = false;
  progress.pendingSnapshot = 0;
  progress.state = state;
  progress.inflights.clear();
}

export function becomeProbe(progress: Progress): void {
  const { state, pendingSnapshot } = progress;
  resetState(progress, 'StateProbe');
  // After a snapshot, probe behind it: it has arrived unless told otherwise.
  progress.next = Math.max(progress.match, state === 'StateSnapshot' ? pendingSnapshot : 0) + 1;
  progress.sentCommit = Math.min(progress.sentCommit, progress.next - 1);
}

export function becomeReplicate(progress: Progress): void {
  resetState(progress, 'StateReplicate');
  progress.next = progress.match + 1;
}

export function becomeSnapshot(progress: Progress, index: number): void {
  resetState(progress, 'StateSnapshot');
  progress.pendingSnapshot = index;
  progress.next = index + 1;
  progress.sentCommit = index;
}

/** Notes that `count` entries of `bytes` payload left from `next` on. */
export function noteSentEntries(progress: Progress, count: number, bytes: number): void {
  if (progress.state === 'StateReplicate') {
    if (count > 0) {
      progress.next += count;
      progress.inflights.add(progress.next - 1, bytes);
    }
    // The one message past a full window (empty, after a heartbeat) closes it again.
    progress.isFlowPaused = progress.inflights.isFull();
  } else if (count > 0) {
    progress.isFlowPaused = true;
  }
}

/** Whether a message would tell the member of a higher commit index that it can use. */
export function canBumpCommit(progress: Progress, commit: number): boolean {
  return commit > progress.sentCommit && progress.sentCommit < progress.next - 1;
}

/** An acknowledgement of `index`; answers false when it is old. */
export function maybeUpdate(progress: Progress, index: number): boolean {
  if (index <= progress.match) return false;
  progress.match = index;
  progress.next = Math.max(progress.next, index + 1);
  progress.isFlowPaused = false;
  return true;
}

/** A rejection of the append after `rejected`; the logs may agree at `matchHint`. Answers false when it is old. */
export function maybeDecrease(progress: Progress, rejected: number, matchHint: number): boolean {
  if (progress.state === 'StateReplicate') {
    if (rejected <= progress.match) return false;
    progress.next = progress.match + 1;
  } else {
    if (progress.next - 1 !== rejected) return false;
    progress.next = Math.max(Math.min(rejected, matchHint + 1), progress.match + 1);
    progress.isFlowPaused = false;
  }
  progress.sentCommit = Math.min(progress.sentCommit, progress.next - 1);
  return true;
}

export function isPaused(progress: Progress): boolean {
  return progress.state === 'StateSnapshot' || progress.isFlowPaused;
}
