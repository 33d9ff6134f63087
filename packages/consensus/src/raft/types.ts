import type { Refusal } from './refusal.ts';

/** No node: an unset leader, vote or transferee. Raft ids begin at 1. */
export const raftNone = 0;
/** Addressee of `MsgStorageAppend`: whoever writes the log (asynchronous storage writes). */
export const appendThread = -1;
/** Addressee of `MsgStorageApply`: whoever applies committed entries. */
export const applyThread = -2;

/** Names of etcd-io/raft; the position is the number that etcd gives the type. */
export const raftMessageTypes = [
  'MsgHup',
  'MsgBeat',
  'MsgProp',
  'MsgApp',
  'MsgAppResp',
  'MsgVote',
  'MsgVoteResp',
  'MsgSnap',
  'MsgHeartbeat',
  'MsgHeartbeatResp',
  'MsgUnreachable',
  'MsgSnapStatus',
  'MsgCheckQuorum',
  'MsgTransferLeader',
  'MsgTimeoutNow',
  'MsgReadIndex',
  'MsgReadIndexResp',
  'MsgPreVote',
  'MsgPreVoteResp',
  'MsgStorageAppend',
  'MsgStorageAppendResp',
  'MsgStorageApply',
  'MsgStorageApplyResp',
  'MsgForgetLeader',
] as const;

export type RaftMessageType = (typeof raftMessageTypes)[number];

/** A conf-change entry holds {@link ConfChange}, encoded by `encodeConfChange`; V1 changes one member, V2 any number. */
export const raftEntryTypes = ['EntryNormal', 'EntryConfChange', 'EntryConfChangeV2'] as const;

export type RaftEntryType = (typeof raftEntryTypes)[number];

export interface RaftEntry {
  readonly term: number;
  readonly index: number;
  readonly type: RaftEntryType;
  readonly data: Uint8Array;
}

/** Where an entry stands: enough to compare two logs. */
export interface EntryId {
  readonly term: number;
  readonly index: number;
}

/** Members as a snapshot carries them; ids ascending. `votersOutgoing` is not empty while the configuration is joint. */
export interface ConfState {
  readonly voters: readonly number[];
  readonly votersOutgoing: readonly number[];
  readonly learners: readonly number[];
  readonly learnersNext: readonly number[];
  readonly autoLeave: boolean;
}

/** The application's state at an index, with the members at that index. Index 0: no snapshot. */
export interface RaftSnapshot {
  readonly index: number;
  readonly term: number;
  readonly confState: ConfState;
  readonly data: Uint8Array;
}

/** What must survive a crash besides the log. */
export interface HardState {
  readonly term: number;
  readonly vote: number;
  readonly commit: number;
}

export type RaftRole = 'StateFollower' | 'StateCandidate' | 'StateLeader' | 'StatePreCandidate';

/** What may be forgotten. */
export interface SoftState {
  readonly lead: number;
  readonly role: RaftRole;
}

/** One message, with etcd's fields; a field that a type does not use is zero, empty or undefined. Term 0: local. */
export interface RaftMessage {
  readonly type: RaftMessageType;
  readonly to: number;
  readonly from: number;
  readonly term: number;
  readonly logTerm: number;
  readonly index: number;
  readonly entries: readonly RaftEntry[];
  readonly commit: number;
  readonly vote: number;
  readonly snapshot: RaftSnapshot | undefined;
  readonly reject: boolean;
  readonly rejectHint: number;
  readonly context: Uint8Array | undefined;
  /** To be delivered after the write that this message asks for is durable (`MsgStorageAppend`, `MsgStorageApply`). */
  readonly responses: readonly RaftMessage[];
}

/** The answer to a read request: everything up to `index` must be applied before the read is served. */
export interface ReadState {
  readonly index: number;
  readonly context: Uint8Array;
}

/** What the caller has to do now. */
export interface Ready {
  /** Set when it changed. */
  readonly softState: SoftState | undefined;
  /** Set when it changed: to be written before `messages` are sent. */
  readonly hardState: HardState | undefined;
  readonly readStates: readonly ReadState[];
  /** To be written before `messages` are sent. */
  readonly entries: readonly RaftEntry[];
  /** To be written before `messages` are sent; replaces log and state. */
  readonly snapshot: RaftSnapshot | undefined;
  /** To be applied to the state machine; written before. */
  readonly committedEntries: readonly RaftEntry[];
  /** To be sent after the writes; with asynchronous writes, at once: what must wait stands in `responses`. */
  readonly messages: readonly RaftMessage[];
  /** Whether the writes must be durable (fsync) before `messages` leave; a change of `commit` alone need not be. */
  readonly mustSync: boolean;
}

/** What the core reads back of what it had written. Synchronous: the driver keeps the log in memory over its store. */
export interface RaftStorage {
  initialState(): { readonly hardState: HardState; readonly confState: ConfState };
  /** Entries [lo, hi), at least one, in all at most `maxSize` bytes. `compacted` when lo lies before the first index. */
  entries(lo: number, hi: number, maxSize: number): readonly RaftEntry[] | 'compacted';
  /** Term of an entry, or of the last compacted one. */
  term(index: number): number | 'compacted' | 'unavailable';
  firstIndex(): number;
  lastIndex(): number;
  /** The newest snapshot; `unavailable`: one is being made, ask again later. */
  snapshot(): RaftSnapshot | 'unavailable';
}

export type RaftLogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What a Raft node is made with. */
export interface RaftConfig {
  /** Our id, 1 or more. */
  readonly id: number;
  readonly storage: RaftStorage;
  /** Index up to which the application has applied; entries at or below it are not given out again. Default: what the snapshot covers. */
  readonly applied?: number;
  /** Ticks without a leader before an election; each node waits up to twice as long, by `random`. Must exceed `heartbeatTicks`. */
  readonly electionTicks: number;
  /** Ticks between heartbeats of the leader. */
  readonly heartbeatTicks: number;
  /** Source of chance: an integer in [0, bound). */
  readonly random: (bound: number) => number;
  /** Writes and applications run beside the core and answer by message (see `Ready.messages`). Default false. */
  readonly asyncStorageWrites?: boolean;
  /** Bytes of entries in one append message. Default: no limit. */
  readonly maxMessageBytes?: number;
  /** Bytes of committed entries given out and not yet applied. Default: `maxMessageBytes`. */
  readonly maxApplyingBytes?: number;
  /** Payload bytes proposed and not yet committed; more is dropped. Default: no limit. */
  readonly maxUncommittedBytes?: number;
  /** Append messages under way to one follower. */
  readonly maxInflightMessages: number;
  /** Bytes under way to one follower; at least `maxMessageBytes`. Default: no limit. */
  readonly maxInflightBytes?: number;
  /** The leader steps down when it has not heard from a quorum for `electionTicks`; votes wait for the lease. Default false. */
  readonly checkQuorum?: boolean;
  /** Ask before raising the term, so that a node that was cut off does not depose the leader when it is back. Default false. */
  readonly preVote?: boolean;
  /** `lease` answers reads without asking the followers, and needs `checkQuorum`. Default `safe`. */
  readonly readOnly?: 'safe' | 'lease';
  /** Followers drop proposals rather than pass them to the leader. Default false. */
  readonly disableProposalForwarding?: boolean;
  /** The caller checks membership changes by itself (dangerous). Default false. */
  readonly disableConfChangeValidation?: boolean;
  /** A leader that is removed or made a learner steps down at once. Default false. */
  readonly stepDownOnRemoval?: boolean;
  /** What happens, for the log. `message` is made only when called for. */
  readonly log?: (level: RaftLogLevel, message: () => string) => void;
}

/** Where the node stands. */
export interface RaftStatus {
  readonly id: number;
  readonly hardState: HardState;
  readonly softState: SoftState;
  readonly applied: number;
  readonly leadTransferee: number;
  readonly confState: ConfState;
}

/** Undefined: accepted. */
export type StepResult = Refusal | undefined;
