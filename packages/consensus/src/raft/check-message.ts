import { confChangeOf } from './conf-change.ts';
import { isLocalMessage, isResponseMessage } from './message.ts';
import type { Raft } from './raft.ts';
import { readContextLength } from './read-only.ts';
import { localMessage, messageInvalid, peerUnknown } from './refusal.ts';
import { type RaftMessage, type RaftSnapshot, raftNone, type StepResult } from './types.ts';

/** Terms and indexes stay below this, so that sums of them are exact. */
export const raftNumberMax: number = 2 ** 48;
/** Ids of GoQuorum are 16 bits wide. */
export const raftIdMax = 0xffff;

function isNumber(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= raftNumberMax;
}

function isId(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= raftIdMax;
}

/** Entries must follow on `index`, and terms must not fall nor exceed the message's. */
function entriesFault(message: RaftMessage): string | undefined {
  let { index, logTerm } = message;
  for (const entry of message.entries) {
    index++;
    if (entry.index !== index) return 'entries are not consecutive';
    if (!isNumber(entry.term) || entry.term < logTerm || entry.term > message.term) return 'terms of entries are wrong';
    if (entry.type !== 'EntryNormal' && confChangeOf(entry) === undefined) return 'a membership change is unreadable';
    logTerm = entry.term;
  }
  return undefined;
}

function snapshotFault(snapshot: RaftSnapshot | undefined, term: number): string | undefined {
  if (snapshot === undefined) return 'no snapshot';
  if (!isNumber(snapshot.index) || snapshot.index === 0) return 'snapshot without an index';
  if (!isNumber(snapshot.term) || snapshot.term > term) return 'snapshot of a later term';
  const { voters, votersOutgoing, learners, learnersNext } = snapshot.confState;
  if (voters.length === 0) return 'snapshot without voters';
  return [voters, votersOutgoing, learners, learnersNext].every((ids) => ids.every(isId))
    ? undefined
    : 'snapshot with a member that cannot be';
}

function proposalFault(message: RaftMessage): string | undefined {
  if (message.entries.length === 0) return 'empty proposal';
  const isReadable = message.entries.every(
    (entry) => entry.type === 'EntryNormal' || confChangeOf(entry) !== undefined,
  );
  return isReadable ? undefined : 'a membership change is unreadable';
}

function faultOf(raft: Raft, message: RaftMessage): string | undefined {
  switch (message.type) {
    case 'MsgApp':
      return entriesFault(message);
    case 'MsgSnap':
      return snapshotFault(message.snapshot, message.term);
    case 'MsgProp':
      return proposalFault(message);
    case 'MsgReadIndex':
    case 'MsgReadIndexResp':
      return message.entries.length === 1 ? undefined : 'a read without its context';
    case 'MsgAppResp':
      // Nobody can have more than we gave: a leader's log only grows.
      if (message.reject || message.term !== raft.term || raft.role !== 'StateLeader') return undefined;
      return message.index > raft.log.lastIndex() ? 'acknowledges what was never sent' : undefined;
    case 'MsgHeartbeatResp': {
      const length = message.context?.length ?? 0;
      return length === 0 || length === readContextLength ? undefined : 'a context of the wrong length';
    }
    default:
      return undefined;
  }
}

/** Answers come back to us through the writes; a request to transfer names whom to transfer to as its sender. No other can be from ourselves. */
function mayBeOwn(message: RaftMessage): boolean {
  switch (message.type) {
    case 'MsgTransferLeader':
    case 'MsgAppResp':
    case 'MsgVoteResp':
    case 'MsgPreVoteResp':
      return true;
    default:
      return false;
  }
}

/** What can be said of a message before it touches the machine: after this, stepping cannot fail. */
export function checkMessage(raft: Raft, message: RaftMessage): StepResult {
  const { type, from, term } = message;
  if (isLocalMessage(type) || type === 'MsgForgetLeader') return localMessage;
  if (!isId(from)) return messageInvalid('no sender');
  if (from === raft.id && !mayBeOwn(message)) return messageInvalid('from ourselves');
  const numbers = [term, message.logTerm, message.index, message.commit, message.rejectHint];
  if (!numbers.every(isNumber) || !message.entries.every((entry) => isNumber(entry.term) && isNumber(entry.index)))
    return messageInvalid('a number out of range');
  const isTermless = type === 'MsgProp' || type === 'MsgReadIndex';
  if (term === raftNone && !isTermless) return messageInvalid('no term');
  if (isResponseMessage(type) && !raft.tracker.progress.has(from)) return peerUnknown;
  const fault = faultOf(raft, message);
  return fault === undefined ? undefined : messageInvalid(fault);
}
