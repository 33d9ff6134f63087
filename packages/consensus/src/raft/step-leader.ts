import { becomeProbe, becomeReplicate, canBumpCommit, maybeDecrease, maybeUpdate, type Progress } from './progress.ts';
import { propose } from './propose.ts';
import { becomeFollower, logAt, type Raft, send } from './raft.ts';
import { answerRead, hasCommittedInTerm, releasePendingReads, serveRead } from './read.ts';
import { broadcastAppend, broadcastHeartbeat, maybeCommit, maybeSendAppend, sendAppend } from './replication.ts';
import { isQuorumActive, isSingleton } from './tracker.ts';
import { type RaftMessage, raftNone, type StepResult } from './types.ts';

/** Steps down when a quorum was not heard from, and begins to count anew. */
function checkQuorum(raft: Raft): void {
  if (!isQuorumActive(raft.tracker)) {
    logAt(raft, 'warn', () => 'stepped down to follower since quorum is not active');
    becomeFollower(raft, raft.term, raftNone);
  }
  for (const [id, progress] of raft.tracker.progress) if (id !== raft.id) progress.recentActive = false;
}

function uponRejection(raft: Raft, progress: Progress, message: RaftMessage): void {
  const { from, index, rejectHint, logTerm } = message;
  // Skips the entries of ours whose term the follower cannot have at that place.
  const probe = logTerm > 0 ? raft.log.findConflictByTerm(rejectHint, logTerm).index : rejectHint;
  if (!maybeDecrease(progress, index, probe)) return;
  logAt(raft, 'debug', () => `goes back to ${progress.next} for ${from}`);
  if (progress.state === 'StateReplicate') becomeProbe(progress);
  sendAppend(raft, from);
}

function uponAcknowledgement(raft: Raft, progress: Progress, message: RaftMessage): void {
  const { from, index } = message;
  // An old match acknowledges a probe without entries.
  const isNews = maybeUpdate(progress, index) || (progress.match === index && progress.state === 'StateProbe');
  if (!isNews) return;
  if (progress.state === 'StateProbe') {
    becomeReplicate(progress);
  } else if (progress.state === 'StateReplicate') {
    progress.inflights.freeUpTo(index);
  } else if (progress.match + 1 >= raft.log.firstIndex()) {
    // Whatever became of the snapshot, the log reaches it again.
    becomeProbe(progress);
    becomeReplicate(progress);
  }
  if (maybeCommit(raft)) {
    releasePendingReads(raft);
    broadcastAppend(raft);
  } else if (from !== raft.id && canBumpCommit(progress, raft.log.committed())) {
    sendAppend(raft, from);
  }
  if (from === raft.id) return;
  while (maybeSendAppend(raft, from, false));
  if (from === raft.leadTransferee && progress.match === raft.log.lastIndex())
    send(raft, { type: 'MsgTimeoutNow', to: from });
}

function uponHeartbeatResponse(raft: Raft, progress: Progress, message: RaftMessage): void {
  const { from, context } = message;
  progress.recentActive = true;
  progress.isFlowPaused = false;
  if (progress.match < raft.log.lastIndex() || progress.state === 'StateProbe') sendAppend(raft, from);
  if (raft.config.readOnly !== 'safe' || context === undefined || context.length === 0) return;
  raft.readOnly.acknowledge(from, context);
  for (const { request, index } of raft.readOnly.takeConfirmed(raft.tracker.config.voters))
    answerRead(raft, request, index);
}

function uponTransfer(raft: Raft, progress: Progress, transferee: number): void {
  if (progress.isLearner || raft.leadTransferee === transferee) return;
  raft.leadTransferee = raftNone;
  if (transferee === raft.id) return;
  logAt(raft, 'info', () => `hands leadership to ${transferee}`);
  // It must be done within one election time-out.
  raft.electionElapsed = 0;
  raft.leadTransferee = transferee;
  if (progress.match === raft.log.lastIndex()) send(raft, { type: 'MsgTimeoutNow', to: transferee });
  else sendAppend(raft, transferee);
}

function uponRead(raft: Raft, request: RaftMessage): void {
  if (isSingleton(raft.tracker)) answerRead(raft, request, raft.log.committed());
  else if (hasCommittedInTerm(raft)) serveRead(raft, request);
  else raft.pendingReads.push(request);
}

function uponSnapshotStatus(progress: Progress, isRejected: boolean): void {
  if (progress.state !== 'StateSnapshot') return;
  if (isRejected) progress.pendingSnapshot = 0;
  becomeProbe(progress);
  // The follower speaks first: after it has applied the snapshot, or at the next heartbeat.
  progress.isFlowPaused = true;
}

/** What a leader does upon a message of its own term. */
export function stepLeader(raft: Raft, message: RaftMessage): StepResult {
  switch (message.type) {
    case 'MsgBeat':
      broadcastHeartbeat(raft);
      return undefined;
    case 'MsgCheckQuorum':
      checkQuorum(raft);
      return undefined;
    case 'MsgProp':
      return propose(raft, message.entries);
    case 'MsgReadIndex':
      uponRead(raft, message);
      return undefined;
    default:
  }
  const progress = raft.tracker.progress.get(message.from);
  if (progress === undefined) return undefined;
  switch (message.type) {
    case 'MsgAppResp':
      progress.recentActive = true;
      if (message.reject) uponRejection(raft, progress, message);
      else uponAcknowledgement(raft, progress, message);
      break;
    case 'MsgHeartbeatResp':
      uponHeartbeatResponse(raft, progress, message);
      break;
    case 'MsgSnapStatus':
      uponSnapshotStatus(progress, message.reject);
      break;
    case 'MsgUnreachable':
      // What was sent optimistically is probably lost.
      if (progress.state === 'StateReplicate') becomeProbe(progress);
      break;
    case 'MsgTransferLeader':
      uponTransfer(raft, progress, message.from);
      break;
    default:
  }
  return undefined;
}
