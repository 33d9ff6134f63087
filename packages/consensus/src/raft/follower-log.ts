import { restoreMembership } from './conf-changer.ts';
import { switchMembership } from './membership.ts';
import { becomeFollower, logAt, type Raft, send } from './raft.ts';
import { messageInvalid } from './refusal.ts';
import { createTracker } from './tracker.ts';
import { type RaftMessage, raftNone, type RaftSnapshot, type StepResult } from './types.ts';

/** Entries from the leader. */
export function handleAppend(raft: Raft, message: RaftMessage): StepResult {
  const { log } = raft;
  const { from, index, logTerm, entries } = message;
  if (index < log.committed()) {
    send(raft, { type: 'MsgAppResp', to: from, index: log.committed() });
    return undefined;
  }
  if (!log.matchTerm({ index, term: logTerm })) {
    logAt(raft, 'debug', () => `has no entry ${index} of term ${logTerm}`);
    // The greatest index at which the logs can agree: spares the leader a probe for each entry of a term that it does not have.
    const hint = log.findConflictByTerm(Math.min(index, log.lastIndex()), logTerm);
    send(raft, { type: 'MsgAppResp', to: from, index, reject: true, rejectHint: hint.index, logTerm: hint.term });
    return undefined;
  }
  const conflict = log.findConflict(entries);
  if (conflict !== 0) {
    if (conflict <= log.committed()) return messageInvalid(`entry ${conflict} contradicts a committed one`);
    log.append(entries.slice(conflict - index - 1));
  }
  const last = index + entries.length;
  log.commitTo(Math.min(message.commit, last));
  send(raft, { type: 'MsgAppResp', to: from, index: last });
  return undefined;
}

export function handleHeartbeat(raft: Raft, message: RaftMessage): StepResult {
  const { log } = raft;
  const isBeyond = message.commit > log.lastIndex();
  // The leader counts on entries that are not here (a disk was lost): it learns so when it is asked to forget (RawNode.forgetProgress).
  if (isBeyond)
    logAt(raft, 'error', () => `lacks entries up to ${message.commit} that ${message.from} takes for stored here`);
  else log.commitTo(message.commit);
  send(raft, { type: 'MsgHeartbeatResp', to: message.from, context: message.context });
  return undefined;
}

function isMember(raft: Raft, { confState }: RaftSnapshot): boolean {
  const { voters, learners, votersOutgoing } = confState;
  return [voters, learners, votersOutgoing].some((ids) => ids.includes(raft.id));
}

/** Takes over a snapshot; answers false when it is of no use. */
function restore(raft: Raft, snapshot: RaftSnapshot): boolean {
  const { log, tracker } = raft;
  if (snapshot.index <= log.committed()) return false;
  if (raft.role !== 'StateFollower') {
    logAt(raft, 'warn', () => 'attempted to restore snapshot as leader; should never happen');
    becomeFollower(raft, raft.term + 1, raftNone);
    return false;
  }
  if (!isMember(raft, snapshot)) {
    logAt(raft, 'warn', () => 'attempted to restore snapshot but it is not in the ConfState; should never happen');
    return false;
  }
  if (log.matchTerm(snapshot)) {
    logAt(raft, 'info', () => `has the entries up to the snapshot at ${snapshot.index}`);
    log.commitTo(snapshot.index);
    return false;
  }
  const fresh = createTracker(tracker.maxInflightMessages, tracker.maxInflightBytes);
  const members = restoreMembership({ tracker: fresh, lastIndex: snapshot.index }, snapshot.confState);
  if (members.type === 'refused') {
    logAt(raft, 'error', () => `refuses a snapshot: its members are no configuration: ${members.reason}`);
    return false;
  }
  log.restore(snapshot);
  switchMembership(raft, members);
  logAt(raft, 'info', () => `restored the snapshot at ${snapshot.index}`);
  return true;
}

export function handleSnapshot(raft: Raft, message: RaftMessage): StepResult {
  const { snapshot } = message;
  if (snapshot === undefined) return messageInvalid('no snapshot');
  const index = restore(raft, snapshot) ? raft.log.lastIndex() : raft.log.committed();
  send(raft, { type: 'MsgAppResp', to: message.from, index });
  return undefined;
}
