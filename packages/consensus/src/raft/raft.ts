import { restoreMembership } from './conf-changer.ts';
import { brokenInvariant } from './invariant.ts';
import { createRaftLog, type RaftLog } from './log.ts';
import { createMessage } from './message.ts';
import { becomeReplicate } from './progress.ts';
import { createReadOnlyQueue, type ReadOnlyQueue } from './read-only.ts';
import { createProgress, createTracker, memberIds, type Tracker } from './tracker.ts';
import {
  type HardState,
  type RaftConfig,
  type RaftLogLevel,
  type RaftMessage,
  type RaftRole,
  raftNone,
  type ReadState,
  type SoftState,
} from './types.ts';

/** The options with their defaults filled in. */
export type FullRaftConfig = Required<Omit<RaftConfig, 'applied'>>;

/** The machine's state. Changed in place by the functions of this folder, and by nothing else; deterministic in its inputs. */
export interface Raft {
  readonly config: FullRaftConfig;
  readonly id: number;
  term: number;
  vote: number;
  role: RaftRole;
  lead: number;
  isLearner: boolean;
  readonly log: RaftLog;
  readonly tracker: Tracker;
  /** To be sent; nothing written since has to be durable first. */
  messages: RaftMessage[];
  /** To be sent after what stands in the log now is durable: votes and acknowledgements. */
  messagesAfterAppend: RaftMessage[];
  readStates: ReadState[];
  leadTransferee: number;
  /** A membership change may be proposed when everything up to here is applied. */
  pendingConfIndex: number;
  /** Payload bytes proposed and not yet committed. */
  uncommittedBytes: number;
  readOnly: ReadOnlyQueue;
  /** Reads that came before the leader had committed an entry of its term. */
  pendingReads: RaftMessage[];
  electionElapsed: number;
  heartbeatElapsed: number;
  randomizedElectionTicks: number;
}

/** @throws RAFT_CONFIG_INVALID */
function fill(config: RaftConfig): FullRaftConfig {
  const infinite = Number.POSITIVE_INFINITY;
  const maxMessageBytes = config.maxMessageBytes ?? infinite;
  const full: FullRaftConfig = {
    asyncStorageWrites: false,
    maxMessageBytes,
    maxApplyingBytes: maxMessageBytes,
    maxUncommittedBytes: infinite,
    maxInflightBytes: infinite,
    checkQuorum: false,
    preVote: false,
    readOnly: 'safe',
    disableProposalForwarding: false,
    disableConfChangeValidation: false,
    stepDownOnRemoval: false,
    log: () => undefined,
    ...config,
  };
  if (!Number.isSafeInteger(full.id) || full.id < 1) brokenInvariant('a Raft id is 1 or more', { id: full.id });
  if (full.heartbeatTicks < 1 || full.electionTicks <= full.heartbeatTicks)
    brokenInvariant('electionTicks must exceed heartbeatTicks, which must be 1 or more');
  if (full.maxInflightMessages < 1) brokenInvariant('maxInflightMessages must be 1 or more');
  if (full.maxInflightBytes < maxMessageBytes) brokenInvariant('maxInflightBytes must not be below maxMessageBytes');
  if (full.readOnly === 'lease' && !full.checkQuorum) brokenInvariant('lease reads need checkQuorum');
  return full;
}

/** A follower that goes on from what the storage holds. @throws RAFT_INVARIANT_BROKEN when options or storage contradict themselves */
export function createRaft(config: RaftConfig): Raft {
  const full = fill(config);
  const log = createRaftLog(full.storage, full.maxApplyingBytes);
  const tracker = createTracker(full.maxInflightMessages, full.maxInflightBytes);
  const { hardState, confState } = full.storage.initialState();
  const members = restoreMembership({ tracker, lastIndex: log.lastIndex() }, confState);
  if (members.type === 'refused') {
    // Nobody yet: a node that joins learns of the members by its first snapshot.
    if (confState.voters.length > 0) brokenInvariant(`members on disk are no configuration: ${members.reason}`);
  } else {
    tracker.config = members.config;
    tracker.progress = members.progress;
  }
  const raft: Raft = {
    config: full,
    id: full.id,
    term: hardState.term,
    vote: hardState.vote,
    role: 'StateFollower',
    lead: raftNone,
    isLearner: tracker.progress.get(full.id)?.isLearner ?? false,
    log,
    tracker,
    messages: [],
    messagesAfterAppend: [],
    readStates: [],
    leadTransferee: raftNone,
    pendingConfIndex: 0,
    uncommittedBytes: 0,
    readOnly: createReadOnlyQueue(),
    pendingReads: [],
    electionElapsed: 0,
    heartbeatElapsed: 0,
    randomizedElectionTicks: 0,
  };
  if (hardState.term + hardState.vote + hardState.commit > 0) log.loadCommit(hardState.commit);
  if (config.applied !== undefined && config.applied > 0) log.appliedTo(config.applied, 0);
  becomeFollower(raft, raft.term, raftNone);
  return raft;
}

export function logAt(raft: Raft, level: RaftLogLevel, message: () => string): void {
  raft.config.log(level, () => `${raft.id} ${message()}`);
}

export function softStateOf(raft: Raft): SoftState {
  return { lead: raft.lead, role: raft.role };
}

export function hardStateOf(raft: Raft): HardState {
  return { term: raft.term, vote: raft.vote, commit: raft.log.committed() };
}

/** Proposals and reads travel without a term: they are for whoever leads. */
function hasOwnTerm(message: RaftMessage): boolean {
  switch (message.type) {
    case 'MsgVote':
    case 'MsgVoteResp':
    case 'MsgPreVote':
    case 'MsgPreVoteResp':
    case 'MsgProp':
    case 'MsgReadIndex':
      return true;
    default:
      return false;
  }
}

/** Queues a message: votes and acknowledgements behind the writes, the others before. */
export function send(raft: Raft, fields: Parameters<typeof createMessage>[0]): void {
  const draft = createMessage(fields);
  const message: RaftMessage = {
    ...draft,
    from: draft.from === raftNone ? raft.id : draft.from,
    term: hasOwnTerm(draft) ? draft.term : raft.term,
  };
  if (message.type === 'MsgAppResp' || message.type === 'MsgVoteResp' || message.type === 'MsgPreVoteResp')
    raft.messagesAfterAppend.push(message);
  else raft.messages.push(message);
}

export function resetElectionTimer(raft: Raft): void {
  const { electionTicks, random } = raft.config;
  raft.randomizedElectionTicks = electionTicks + random(electionTicks);
}

function reset(raft: Raft, term: number): void {
  const { tracker, log } = raft;
  if (raft.term !== term) {
    raft.term = term;
    raft.vote = raftNone;
  }
  raft.lead = raftNone;
  raft.electionElapsed = 0;
  raft.heartbeatElapsed = 0;
  resetElectionTimer(raft);
  raft.leadTransferee = raftNone;
  tracker.votes = new Map();
  const lastIndex = log.lastIndex();
  const fresh = new Map<number, ReturnType<typeof createProgress>>();
  for (const id of memberIds(tracker)) {
    const isLearner = tracker.progress.get(id)?.isLearner ?? false;
    const match = id === raft.id ? lastIndex : 0;
    fresh.set(id, createProgress(tracker, { match, next: lastIndex + 1, isLearner }));
  }
  tracker.progress = fresh;
  raft.pendingConfIndex = 0;
  raft.uncommittedBytes = 0;
  raft.readOnly = createReadOnlyQueue();
}

export function becomeFollower(raft: Raft, term: number, lead: number): void {
  reset(raft, term);
  raft.lead = lead;
  raft.role = 'StateFollower';
  logAt(raft, 'info', () => `follows in term ${raft.term}`);
}

export function becomeCandidate(raft: Raft): void {
  reset(raft, raft.term + 1);
  raft.vote = raft.id;
  raft.role = 'StateCandidate';
  logAt(raft, 'info', () => `is a candidate in term ${raft.term}`);
}

/** Asks whether it could win, without raising the term or using its vote. */
export function becomePreCandidate(raft: Raft): void {
  raft.tracker.votes = new Map();
  raft.lead = raftNone;
  raft.role = 'StatePreCandidate';
  logAt(raft, 'info', () => `asks for pre-votes in term ${raft.term}`);
}

/** The state of a new leader; its first, empty entry is appended by the caller. */
export function becomeLeader(raft: Raft): void {
  reset(raft, raft.term);
  raft.lead = raft.id;
  raft.role = 'StateLeader';
  const own = raft.tracker.progress.get(raft.id);
  if (own !== undefined) {
    becomeReplicate(own);
    own.recentActive = true;
  }
  // Membership changes of former terms may stand in the log: they must be applied before the next.
  raft.pendingConfIndex = raft.log.lastIndex();
  logAt(raft, 'info', () => `leads in term ${raft.term}`);
}
