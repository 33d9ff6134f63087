import type { ConfChange, ConfChangeSingle } from './conf-change.ts';
import { enterJoint, isLeaveJoint } from './conf-change.ts';
import type { Progress } from './progress.ts';
import { createProgress, isJoint, type MemberConfig, type ProgressMap, type Tracker } from './tracker.ts';
import type { ConfState } from './types.ts';

export interface Membership {
  readonly config: MemberConfig;
  readonly progress: ProgressMap;
}

/** The members after a change, or why it cannot be (etcd's text). Nothing is changed in place. */
export type MembershipChange =
  | ({ readonly type: 'changed' } & Membership)
  | { readonly type: 'refused'; readonly reason: string };

/** What a change starts from. */
export interface ChangeBase {
  readonly tracker: Pick<Tracker, 'config' | 'progress' | 'maxInflightMessages' | 'maxInflightBytes'>;
  /** A new member is probed from here. */
  readonly lastIndex: number;
}

interface Draft {
  readonly incoming: Set<number>;
  readonly outgoing: Set<number>;
  readonly learners: Set<number>;
  readonly learnersNext: Set<number>;
  readonly progress: Map<number, Progress>;
}

const refused = (reason: string): MembershipChange => ({ type: 'refused', reason });

function draftOf({ tracker: { config, progress } }: ChangeBase): Draft {
  const copy = new Map<number, Progress>();
  for (const [id, member] of progress) copy.set(id, { ...member });
  return {
    incoming: new Set(config.voters.incoming),
    outgoing: new Set(config.voters.outgoing),
    learners: new Set(config.learners),
    learnersNext: new Set(config.learnersNext),
    progress: copy,
  };
}

function finish(draft: Draft, autoLeave: boolean): MembershipChange {
  const { incoming, outgoing, learners, learnersNext, progress } = draft;
  return {
    type: 'changed',
    config: { voters: { incoming, outgoing }, learners, learnersNext, autoLeave },
    progress,
  };
}

function addNew(base: ChangeBase, draft: Draft, id: number, isLearner: boolean): void {
  (isLearner ? draft.learners : draft.incoming).add(id);
  // Active until shown otherwise, so that the check of the quorum gives a new member time to speak.
  const next = Math.max(base.lastIndex, 1);
  draft.progress.set(id, createProgress(base.tracker, { next, isLearner, recentActive: true }));
}

function makeVoter(base: ChangeBase, draft: Draft, id: number): void {
  const progress = draft.progress.get(id);
  if (progress === undefined) {
    addNew(base, draft, id, false);
    return;
  }
  progress.isLearner = false;
  draft.learners.delete(id);
  draft.learnersNext.delete(id);
  draft.incoming.add(id);
}

function remove(draft: Draft, id: number): void {
  if (!draft.progress.has(id)) return;
  draft.incoming.delete(id);
  draft.learners.delete(id);
  draft.learnersNext.delete(id);
  // Still a voter of the outgoing half: it must be fed until that is left.
  if (!draft.outgoing.has(id)) draft.progress.delete(id);
}

function makeLearner(base: ChangeBase, draft: Draft, id: number): void {
  const progress = draft.progress.get(id);
  if (progress === undefined) {
    addNew(base, draft, id, true);
    return;
  }
  if (progress.isLearner) return;
  remove(draft, id);
  draft.progress.set(id, progress);
  if (draft.outgoing.has(id)) {
    draft.learnersNext.add(id);
  } else {
    progress.isLearner = true;
    draft.learners.add(id);
  }
}

/** Answers false when no voter remains. */
function apply(base: ChangeBase, draft: Draft, changes: readonly ConfChangeSingle[]): boolean {
  for (const { type, nodeId } of changes) {
    if (nodeId === 0) continue;
    if (type === 'add-node') makeVoter(base, draft, nodeId);
    else if (type === 'add-learner') makeLearner(base, draft, nodeId);
    else if (type === 'remove-node') remove(draft, nodeId);
  }
  return draft.incoming.size > 0;
}

function differences(left: ReadonlySet<number>, right: ReadonlySet<number>): number {
  let count = 0;
  for (const id of left) if (!right.has(id)) count++;
  for (const id of right) if (!left.has(id)) count++;
  return count;
}

/** At most one voter more or less: the old and the new majorities overlap by themselves. */
export function changeSimply(base: ChangeBase, changes: readonly ConfChangeSingle[]): MembershipChange {
  const { config } = base.tracker;
  if (isJoint(config)) return refused("can't apply simple config change in joint config");
  const draft = draftOf(base);
  if (!apply(base, draft, changes)) return refused('removed all voters');
  if (differences(config.voters.incoming, draft.incoming) > 1)
    return refused('more than one voter changed without entering joint config');
  return finish(draft, false);
}

/** Any change, by way of a configuration in which both the old and the new majority must agree. */
export function enterJointConfig(
  base: ChangeBase,
  autoLeave: boolean,
  changes: readonly ConfChangeSingle[],
): MembershipChange {
  const { config } = base.tracker;
  if (isJoint(config)) return refused('config is already joint');
  if (config.voters.incoming.size === 0) return refused("can't make a zero-voter config joint");
  const draft = draftOf(base);
  for (const id of draft.incoming) draft.outgoing.add(id);
  if (!apply(base, draft, changes)) return refused('removed all voters');
  return finish(draft, autoLeave);
}

export function leaveJointConfig(base: ChangeBase): MembershipChange {
  if (!isJoint(base.tracker.config)) return refused("can't leave a non-joint config");
  const draft = draftOf(base);
  for (const id of draft.learnersNext) {
    draft.learners.add(id);
    const progress = draft.progress.get(id);
    if (progress !== undefined) progress.isLearner = true;
  }
  draft.learnersNext.clear();
  for (const id of draft.outgoing) {
    if (!draft.incoming.has(id) && !draft.learners.has(id)) draft.progress.delete(id);
  }
  draft.outgoing.clear();
  return finish(draft, false);
}

/** The members after a change. */
export function changeMembership(base: ChangeBase, change: ConfChange): MembershipChange {
  if (isLeaveJoint(change)) return leaveJointConfig(base);
  const joint = enterJoint(change);
  return joint === undefined
    ? changeSimply(base, change.changes)
    : enterJointConfig(base, joint.autoLeave, change.changes);
}

/** The members that a snapshot names, built from nothing. */
export function restoreMembership(base: ChangeBase, state: ConfState): MembershipChange {
  const add = (type: ConfChangeSingle['type'], ids: readonly number[]): ConfChangeSingle[] =>
    ids.map((nodeId) => ({ type, nodeId }));
  const incoming = [
    ...add('remove-node', state.votersOutgoing),
    ...add('add-node', state.voters),
    ...add('add-learner', state.learners),
    ...add('add-learner', state.learnersNext),
  ];
  const isSimple = state.votersOutgoing.length === 0;
  let current: Membership = { config: base.tracker.config, progress: base.tracker.progress };
  const next = (): ChangeBase => ({ ...base, tracker: { ...base.tracker, ...current } });
  for (const change of isSimple ? incoming : add('add-node', state.votersOutgoing)) {
    const changed = changeSimply(next(), [change]);
    if (changed.type === 'refused') return changed;
    current = changed;
  }
  if (isSimple) return { type: 'changed', config: current.config, progress: current.progress };
  return enterJointConfig(next(), state.autoLeave, incoming);
}
