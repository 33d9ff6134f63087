import { answerVoteRequest, isLeaseHeld, standForElection, tickElection } from './election.ts';
import { entriesSize, payloadsSize } from './entry-size.ts';
import { createMessage } from './message.ts';
import { noteApplied } from './propose.ts';
import { becomeFollower, logAt, type Raft, send } from './raft.ts';
import { stepCandidate } from './step-candidate.ts';
import { stepFollower } from './step-follower.ts';
import { stepLeader } from './step-leader.ts';
import { type RaftMessage, raftNone, type RaftSnapshot, type StepResult } from './types.ts';

function noteSnapshotStored(raft: Raft, snapshot: RaftSnapshot | undefined): void {
  if (snapshot === undefined) return;
  raft.log.unstable.stableSnapshotTo(snapshot.index);
  noteApplied(raft, snapshot.index, 0);
}

/** A message of a later term than ours; answers false when it goes no further. */
function uponHigherTerm(raft: Raft, message: RaftMessage): boolean {
  const { type, from, term } = message;
  if ((type === 'MsgVote' || type === 'MsgPreVote') && isLeaseHeld(raft, message)) {
    logAt(raft, 'info', () => `ignores ${type} of ${from}: ${raft.lead} leads`);
    return false;
  }
  // A pre-vote is for a term that nobody is in, and so is its grant.
  if (type === 'MsgPreVote' || (type === 'MsgPreVoteResp' && !message.reject)) return true;
  logAt(raft, 'info', () => `hears of term ${term} by ${type} of ${from}`);
  const isOfLeader = type === 'MsgApp' || type === 'MsgHeartbeat' || type === 'MsgSnap';
  becomeFollower(raft, term, isOfLeader ? from : raftNone);
  return true;
}

function uponLowerTerm(raft: Raft, message: RaftMessage): void {
  const { type, from } = message;
  if ((raft.config.checkQuorum || raft.config.preVote) && (type === 'MsgHeartbeat' || type === 'MsgApp')) {
    // Tells a leader of our later term, which we may have reached while cut off: our vote requests are put off by its lease.
    send(raft, { type: 'MsgAppResp', to: from });
  } else if (type === 'MsgPreVote') {
    // Says so, or a candidate that is behind would wait for us for ever.
    send(raft, { type: 'MsgPreVoteResp', to: from, term: raft.term, reject: true });
  } else if (type === 'MsgStorageAppendResp') {
    // Entries may have been replaced since they were written; a snapshot stays what it is.
    noteSnapshotStored(raft, message.snapshot);
  } else {
    logAt(raft, 'info', () => `ignores ${type} of ${from} of term ${message.term}`);
  }
}

function uponApplied(raft: Raft, message: RaftMessage): void {
  const last = message.entries.at(-1);
  if (last === undefined) return;
  noteApplied(raft, last.index, entriesSize(message.entries));
  raft.uncommittedBytes = Math.max(0, raft.uncommittedBytes - payloadsSize(message.entries));
}

/** What the machine does upon a message that is well formed (`checkMessage`) or our own. */
export function stepRaft(raft: Raft, message: RaftMessage): StepResult {
  if (message.term > raft.term && !uponHigherTerm(raft, message)) return undefined;
  if (message.term !== 0 && message.term < raft.term) {
    uponLowerTerm(raft, message);
    return undefined;
  }
  switch (message.type) {
    case 'MsgHup':
      standForElection(raft, raft.config.preVote ? 'pre-election' : 'election');
      return undefined;
    case 'MsgStorageAppendResp':
      if (message.index !== 0) raft.log.unstable.stableTo({ term: message.logTerm, index: message.index });
      noteSnapshotStored(raft, message.snapshot);
      return undefined;
    case 'MsgStorageApplyResp':
      uponApplied(raft, message);
      return undefined;
    case 'MsgVote':
    case 'MsgPreVote':
      answerVoteRequest(raft, message);
      return undefined;
    default:
  }
  if (raft.role === 'StateLeader') return stepLeader(raft, message);
  return raft.role === 'StateFollower' ? stepFollower(raft, message) : stepCandidate(raft, message);
}

/** Time passes. */
export function tickRaft(raft: Raft): void {
  if (raft.role !== 'StateLeader') {
    tickElection(raft);
    return;
  }
  const local = (type: 'MsgCheckQuorum' | 'MsgBeat'): RaftMessage => createMessage({ type, to: 0, from: raft.id });
  raft.heartbeatElapsed++;
  raft.electionElapsed++;
  if (raft.electionElapsed >= raft.config.electionTicks) {
    raft.electionElapsed = 0;
    if (raft.config.checkQuorum) stepRaft(raft, local('MsgCheckQuorum'));
    // A transfer that took this long has failed.
    raft.leadTransferee = raftNone;
  }
  // The check may have made us a follower.
  const role: string = raft.role;
  if (role !== 'StateLeader' || raft.heartbeatElapsed < raft.config.heartbeatTicks) return;
  raft.heartbeatElapsed = 0;
  stepRaft(raft, local('MsgBeat'));
}
