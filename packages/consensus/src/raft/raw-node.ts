import { checkMessage } from './check-message.ts';
import type { ConfChange } from './conf-change.ts';
import { entriesSize } from './entry-size.ts';
import { brokenInvariant } from './invariant.ts';
import { applyMembershipChange } from './membership.ts';
import { createMessage, isLocalTarget } from './message.ts';
import { isPaused, type Progress } from './progress.ts';
import { confChangeProposal } from './propose.ts';
import { createRaft, hardStateOf, type Raft, softStateOf } from './raft.ts';
import type { Refusal } from './refusal.ts';
import { stepRaft, tickRaft } from './step.ts';
import { confStateOf, createProgress } from './tracker.ts';
import {
  appendThread,
  applyThread,
  type ConfState,
  type HardState,
  type RaftConfig,
  type RaftEntry,
  type RaftMessage,
  type RaftStatus,
  type Ready,
  type SoftState,
  type StepResult,
} from './types.ts';

/** What the leader knows of a member, for status and log. */
export type ProgressView = Readonly<Omit<Progress, 'inflights' | 'isFlowPaused'>> & {
  readonly isPaused: boolean;
  readonly inflightCount: number;
  readonly isInflightFull: boolean;
};

/**
 * A Raft node without disk, network and clock, as etcd-io/raft has it: feed it ticks, messages and proposals; carry out each `Ready`; then `advance`, or with
 * asynchronous storage writes deliver the responses that its storage messages carry. `step` never throws.
 */
export interface RawNode {
  tick(): void;
  campaign(): StepResult;
  propose(data: Uint8Array): StepResult;
  proposeConfChange(change: ConfChange): StepResult;
  /** Call for every committed membership change, before the next `ready`. */
  applyConfChange(change: ConfChange): ConfState | Refusal;
  /** A message from a peer, or a response of the storage threads. */
  step(message: RaftMessage): StepResult;
  hasReady(): boolean;
  /** What to do now; counts as accepted. */
  ready(): Ready;
  /** The last `Ready` is carried out. Not with asynchronous storage writes. */
  advance(): void;
  status(): RaftStatus;
  /** By id; empty unless this node leads. */
  progress(): ReadonlyMap<number, ProgressView>;
  reportUnreachable(id: number): void;
  reportSnapshot(id: number, isDelivered: boolean): void;
  transferLeader(transferee: number): void;
  forgetLeader(): StepResult;
  /** Asks for the index at which a read is linearisable; it comes as a `ReadState` with this context. */
  readIndex(context: Uint8Array): StepResult;
  /**
   * The member's disk ends at `lastIndex`, before what it acknowledged (it was lost): begin with it anew. Not in etcd, whose member would panic for ever.
   */
  forgetProgress(id: number, lastIndex: number): void;
  /** For tests and simulations. */
  setRandomizedElectionTicks(ticks: number): void;
}

function isSameHardState(a: HardState, b: HardState): boolean {
  return a.term === b.term && a.vote === b.vote && a.commit === b.commit;
}

function viewOf(progress: Progress): ProgressView {
  const { inflights, isFlowPaused: _, ...rest } = progress;
  return {
    ...rest,
    isPaused: isPaused(progress),
    inflightCount: inflights.count(),
    isInflightFull: inflights.isFull(),
  };
}

/** @throws RAFT_INVARIANT_BROKEN when options or storage contradict themselves */
export function createRawNode(config: RaftConfig): RawNode {
  const raft: Raft = createRaft(config);
  const isAsync = raft.config.asyncStorageWrites;
  let previousSoft: SoftState = softStateOf(raft);
  let previousHard: HardState = hardStateOf(raft);
  let stepsOnAdvance: RaftMessage[] = [];

  const local = (fields: Partial<RaftMessage> & Pick<RaftMessage, 'type'>): StepResult =>
    stepRaft(raft, createMessage({ to: raft.id, ...fields }));

  function changedSoftState(): SoftState | undefined {
    const now = softStateOf(raft);
    return now.lead === previousSoft.lead && now.role === previousSoft.role ? undefined : now;
  }

  function changedHardState(): HardState | undefined {
    const now = hardStateOf(raft);
    return isSameHardState(now, previousHard) ? undefined : now;
  }

  /** Acknowledges to the core that what it has given out by now is written. */
  function appendResponse(ready: Omit<Ready, 'messages'>): RaftMessage | undefined {
    const hasUnstable = raft.log.unstable.entries().length > 0;
    if (!hasUnstable && ready.snapshot === undefined) return undefined;
    const last = hasUnstable ? raft.log.lastEntryId() : { index: 0, term: 0 };
    return createMessage({
      type: 'MsgStorageAppendResp',
      to: raft.id,
      from: appendThread,
      term: raft.term,
      index: last.index,
      logTerm: last.term,
      snapshot: ready.snapshot,
    });
  }

  function applyResponse(entries: readonly RaftEntry[]): RaftMessage {
    return createMessage({ type: 'MsgStorageApplyResp', to: raft.id, from: applyThread, entries });
  }

  function storageMessages(ready: Omit<Ready, 'messages'>): RaftMessage[] {
    const { entries, hardState, snapshot, committedEntries } = ready;
    const messages: RaftMessage[] = [];
    const hasWork = entries.length > 0 || hardState !== undefined || snapshot !== undefined;
    if (hasWork || raft.messagesAfterAppend.length > 0) {
      const response = appendResponse(ready);
      messages.push(
        createMessage({
          type: 'MsgStorageAppend',
          to: appendThread,
          from: raft.id,
          entries,
          ...hardState,
          snapshot,
          responses: response === undefined ? raft.messagesAfterAppend : [...raft.messagesAfterAppend, response],
        }),
      );
    }
    if (committedEntries.length > 0) {
      messages.push(
        createMessage({
          type: 'MsgStorageApply',
          to: applyThread,
          from: raft.id,
          entries: committedEntries,
          responses: [applyResponse(committedEntries)],
        }),
      );
    }
    return messages;
  }

  function accept(ready: Ready): void {
    if (ready.softState !== undefined) previousSoft = ready.softState;
    if (ready.hardState !== undefined) previousHard = ready.hardState;
    raft.readStates = [];
    if (!isAsync) {
      if (stepsOnAdvance.length > 0) brokenInvariant('two Ready without an advance between them');
      stepsOnAdvance = raft.messagesAfterAppend.filter(({ to }) => to === raft.id);
      const response = appendResponse(ready);
      if (response !== undefined) stepsOnAdvance.push(response);
      if (ready.committedEntries.length > 0) stepsOnAdvance.push(applyResponse(ready.committedEntries));
    }
    raft.messages = [];
    raft.messagesAfterAppend = [];
    raft.log.unstable.acceptInProgress();
    const last = ready.committedEntries.at(-1);
    if (last !== undefined) raft.log.acceptApplying(last.index, entriesSize(ready.committedEntries), !isAsync);
  }

  return {
    tick: () => tickRaft(raft),
    campaign: () => local({ type: 'MsgHup' }),
    propose: (data) =>
      local({ type: 'MsgProp', from: raft.id, entries: [{ term: 0, index: 0, type: 'EntryNormal', data }] }),
    proposeConfChange: (change) =>
      local({ type: 'MsgProp', entries: [{ term: 0, index: 0, ...confChangeProposal(change) }] }),
    applyConfChange: (change) => applyMembershipChange(raft, change),
    step(message) {
      if (isLocalTarget(message.from)) return stepRaft(raft, message);
      return checkMessage(raft, message) ?? stepRaft(raft, message);
    },
    hasReady() {
      const { unstable } = raft.log;
      return (
        changedSoftState() !== undefined ||
        changedHardState() !== undefined ||
        unstable.nextSnapshot() !== undefined ||
        raft.messages.length + raft.messagesAfterAppend.length + raft.readStates.length > 0 ||
        unstable.nextEntries().length > 0 ||
        raft.log.hasNextCommittedEntries(!isAsync)
      );
    },
    ready() {
      const entries = raft.log.unstable.nextEntries();
      const now = hardStateOf(raft);
      const draft = {
        softState: changedSoftState(),
        hardState: changedHardState(),
        readStates: raft.readStates,
        entries,
        snapshot: raft.log.unstable.nextSnapshot(),
        committedEntries: raft.log.nextCommittedEntries(!isAsync),
        mustSync: entries.length > 0 || now.vote !== previousHard.vote || now.term !== previousHard.term,
      };
      const after = isAsync ? storageMessages(draft) : raft.messagesAfterAppend.filter(({ to }) => to !== raft.id);
      const ready: Ready = { ...draft, messages: [...raft.messages, ...after] };
      accept(ready);
      return ready;
    },
    advance() {
      if (isAsync) brokenInvariant('advance has no meaning with asynchronous storage writes');
      const steps = stepsOnAdvance;
      stepsOnAdvance = [];
      for (const message of steps) stepRaft(raft, message);
    },
    status: () => ({
      id: raft.id,
      hardState: hardStateOf(raft),
      softState: softStateOf(raft),
      applied: raft.log.applied(),
      leadTransferee: raft.leadTransferee,
      confState: confStateOf(raft.tracker.config),
    }),
    progress() {
      const views = new Map<number, ProgressView>();
      if (raft.role !== 'StateLeader') return views;
      for (const [id, progress] of raft.tracker.progress) views.set(id, viewOf(progress));
      return views;
    },
    reportUnreachable: (id) => void local({ type: 'MsgUnreachable', from: id }),
    reportSnapshot: (id, isDelivered) => void local({ type: 'MsgSnapStatus', from: id, reject: !isDelivered }),
    transferLeader: (transferee) => void local({ type: 'MsgTransferLeader', from: transferee }),
    forgetLeader: () => local({ type: 'MsgForgetLeader' }),
    readIndex: (context) =>
      local({ type: 'MsgReadIndex', entries: [{ term: 0, index: 0, type: 'EntryNormal', data: context }] }),
    forgetProgress(id, lastIndex) {
      const known = raft.tracker.progress.get(id);
      if (raft.role !== 'StateLeader' || known === undefined || id === raft.id || known.match <= lastIndex) return;
      const fresh = createProgress(raft.tracker, {
        next: Math.min(lastIndex, raft.log.lastIndex()) + 1,
        isLearner: known.isLearner,
        recentActive: true,
      });
      raft.tracker.progress = new Map([...raft.tracker.progress, [id, fresh]]);
    },
    setRandomizedElectionTicks(ticks) {
      raft.randomizedElectionTicks = ticks;
    },
  };
}
