import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { sortedIds, voterIds } from './quorum.ts';
import { becomeCandidate, becomeFollower, becomeLeader, becomePreCandidate, logAt, type Raft, send } from './raft.ts';
import { appendOwn, broadcastAppend } from './replication.ts';
import { recordVote, tallyVotes } from './tracker.ts';
import { type RaftMessage, raftNone } from './types.ts';

/** `transfer`: the leader asked for it, so that voters need not wait for its lease to end. */
export type CampaignType = 'pre-election' | 'election' | 'transfer';

/** etcd's context of a vote request that the leader asked for. */
const transferContext = utf8ToBytes('CampaignTransfer');

const empty = new Uint8Array(0);

function isPromotable(raft: Raft): boolean {
  const own = raft.tracker.progress.get(raft.id);
  return own !== undefined && !own.isLearner && raft.log.unstable.snapshot() === undefined;
}

/** A member that has not applied a committed change could count the wrong quorum. */
function hasUnappliedConfChange(raft: Raft): boolean {
  const { log } = raft;
  const end = log.committed() + 1;
  for (let lo = log.applied() + 1; lo < end; ) {
    const page = log.slice(lo, end, raft.config.maxApplyingBytes);
    if (page === 'compacted' || page.length === 0) return false;
    if (page.some(({ type }) => type !== 'EntryNormal')) return true;
    lo += page.length;
  }
  return false;
}

function campaign(raft: Raft, kind: CampaignType): void {
  const isPre = kind === 'pre-election';
  if (isPre) becomePreCandidate(raft);
  else becomeCandidate(raft);
  const term = isPre ? raft.term + 1 : raft.term;
  const last = raft.log.lastEntryId();
  for (const to of sortedIds(voterIds(raft.tracker.config.voters))) {
    if (to === raft.id) {
      // Our own vote counts when it is durable.
      send(raft, { type: isPre ? 'MsgPreVoteResp' : 'MsgVoteResp', to, term });
      continue;
    }
    const context = kind === 'transfer' ? transferContext : undefined;
    send(raft, { type: isPre ? 'MsgPreVote' : 'MsgVote', to, term, index: last.index, logTerm: last.term, context });
  }
}

/** Stands for election, if that is allowed. */
export function standForElection(raft: Raft, kind: CampaignType): void {
  if (raft.role === 'StateLeader') {
    logAt(raft, 'debug', () => 'leads already');
    return;
  }
  if (!isPromotable(raft)) {
    logAt(raft, 'warn', () => 'is unpromotable and can not campaign');
    return;
  }
  if (hasUnappliedConfChange(raft)) {
    logAt(
      raft,
      'warn',
      () => `cannot campaign at term ${raft.term} since there are still pending configuration changes to apply`,
    );
    return;
  }
  logAt(raft, 'info', () => `stands for election after term ${raft.term}`);
  campaign(raft, kind);
}

/** A vote for us, or its refusal, in the election under way. */
export function countVote(raft: Raft, message: RaftMessage): void {
  recordVote(raft.tracker, message.from, !message.reject);
  const { granted, rejected, result } = tallyVotes(raft.tracker);
  logAt(raft, 'info', () => `has ${granted} votes and ${rejected} refusals`);
  if (result === 'lost') {
    becomeFollower(raft, raft.term, raftNone);
  } else if (result === 'won' && raft.role === 'StatePreCandidate') {
    campaign(raft, 'election');
  } else if (result === 'won') {
    becomeLeader(raft);
    // An entry of the new term, so that what former leaders left can be committed.
    appendOwn(raft, [{ type: 'EntryNormal', data: empty }]);
    broadcastAppend(raft);
  }
}

/** Whether a vote request is put off because we hear from a leader (check-quorum's lease). */
export function isLeaseHeld(raft: Raft, message: RaftMessage): boolean {
  const isForced = message.context !== undefined && bytesEqual(message.context, transferContext);
  const { checkQuorum, electionTicks } = raft.config;
  return !isForced && checkQuorum && raft.lead !== raftNone && raft.electionElapsed < electionTicks;
}

/** Someone asks for our vote, or whether it could have it. */
export function answerVoteRequest(raft: Raft, message: RaftMessage): void {
  const isPre = message.type === 'MsgPreVote';
  const type = isPre ? 'MsgPreVoteResp' : 'MsgVoteResp';
  const canVote =
    raft.vote === message.from ||
    (raft.vote === raftNone && raft.lead === raftNone) ||
    (isPre && message.term > raft.term);
  const isUpToDate = raft.log.isUpToDate({ term: message.logTerm, index: message.index });
  const isGranted = canVote && isUpToDate;
  logAt(raft, 'info', () => `${isGranted ? 'gives' : 'refuses'} ${message.from} its vote in term ${message.term}`);
  if (!isGranted) {
    send(raft, { type, to: message.from, term: raft.term, reject: true });
    return;
  }
  // The asker's term: a pre-vote is for a term that nobody is in yet.
  send(raft, { type, to: message.from, term: message.term });
  if (isPre) return;
  raft.electionElapsed = 0;
  raft.vote = message.from;
}

/** Time passes for one that does not lead. */
export function tickElection(raft: Raft): void {
  raft.electionElapsed++;
  if (raft.electionElapsed < raft.randomizedElectionTicks || !isPromotable(raft)) return;
  raft.electionElapsed = 0;
  standForElection(raft, raft.config.preVote ? 'pre-election' : 'election');
}
