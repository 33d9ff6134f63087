import { payloadsSize } from './entry-size.ts';
import { becomeSnapshot, isPaused, noteSentEntries, type Progress } from './progress.ts';
import { logAt, type Raft, send } from './raft.ts';
import { memberIds, trackedCommit } from './tracker.ts';
import type { RaftEntry } from './types.ts';

function maybeSendSnapshot(raft: Raft, to: number, progress: Progress): boolean {
  if (!progress.recentActive) {
    logAt(raft, 'debug', () => `sends no snapshot to ${to}, which is silent`);
    return false;
  }
  const snapshot = raft.log.snapshot();
  if (snapshot === 'unavailable' || snapshot.index === 0) {
    logAt(raft, 'debug', () => `has no snapshot for ${to} yet`);
    return false;
  }
  becomeSnapshot(progress, snapshot.index);
  logAt(raft, 'debug', () => `sends ${to} the snapshot at ${snapshot.index}`);
  send(raft, { type: 'MsgSnap', to, snapshot });
  return true;
}

/**
 * Sends what the member lacks, as far as it may be sent now: entries, or a snapshot where they are compacted.
 * @param isEmptySent also send a message without entries, to carry the commit index or to probe
 */
export function maybeSendAppend(raft: Raft, to: number, isEmptySent: boolean): boolean {
  const progress = raft.tracker.progress.get(to);
  if (progress === undefined || isPaused(progress)) return false;
  const index = progress.next - 1;
  const logTerm = raft.log.term(index);
  if (logTerm === undefined) return maybeSendSnapshot(raft, to, progress);
  const isFull = progress.state === 'StateReplicate' && progress.inflights.isFull();
  // A full window still lets the empty message through that a heartbeat's answer calls for.
  const found = isFull ? [] : raft.log.entriesFrom(progress.next, raft.config.maxMessageBytes);
  const entries = found === 'compacted' ? [] : found;
  if (entries.length === 0 && !isEmptySent) return false;
  if (found === 'compacted') return maybeSendSnapshot(raft, to, progress);
  const commit = raft.log.committed();
  send(raft, { type: 'MsgApp', to, index, logTerm, entries, commit });
  noteSentEntries(progress, entries.length, payloadsSize(entries));
  progress.sentCommit = commit;
  return true;
}

export function sendAppend(raft: Raft, to: number): void {
  maybeSendAppend(raft, to, true);
}

export function broadcastAppend(raft: Raft, isEmptySent = true): void {
  for (const id of memberIds(raft.tracker)) if (id !== raft.id) maybeSendAppend(raft, id, isEmptySent);
}

/** Carries the position of waiting reads, and a commit index that the member surely has. */
export function broadcastHeartbeat(raft: Raft): void {
  const context = raft.readOnly.heartbeatContext();
  for (const to of memberIds(raft.tracker)) {
    const progress = raft.tracker.progress.get(to);
    if (to === raft.id || progress === undefined) continue;
    const commit = Math.min(progress.match, raft.log.committed());
    send(raft, { type: 'MsgHeartbeat', to, commit, context });
    progress.sentCommit = commit;
  }
}

/** Commits what a quorum has, if it is of this term. */
export function maybeCommit(raft: Raft): boolean {
  const index = Math.min(trackedCommit(raft.tracker), raft.log.lastIndex());
  return raft.log.maybeCommit({ term: raft.term, index });
}

/** Appends entries of the leader's own, numbered here; answers false when too much waits to be committed. */
export function appendOwn(raft: Raft, proposed: readonly Pick<RaftEntry, 'type' | 'data'>[]): boolean {
  const bytes = proposed.reduce((sum, { data }) => sum + data.length, 0);
  const waiting = raft.uncommittedBytes;
  if (waiting > 0 && bytes > 0 && waiting + bytes > raft.config.maxUncommittedBytes) {
    logAt(
      raft,
      'warn',
      () => 'appending new entries to log would exceed uncommitted entry size limit; dropping proposal',
    );
    return false;
  }
  raft.uncommittedBytes += bytes;
  const first = raft.log.lastIndex() + 1;
  const { term } = raft;
  const index = raft.log.append(proposed.map(({ type, data }, i) => ({ term, index: first + i, type, data })));
  // Our own acknowledgement counts when the entries are durable.
  send(raft, { type: 'MsgAppResp', to: raft.id, index });
  return true;
}
