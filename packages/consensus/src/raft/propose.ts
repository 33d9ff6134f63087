import { type ConfChange, confChangeOf, encodeConfChange, isLeaveJoint, leaveJointChange } from './conf-change.ts';
import { changeMembership } from './conf-changer.ts';
import { logAt, type Raft } from './raft.ts';
import { proposalDropped } from './refusal.ts';
import { appendOwn, broadcastAppend } from './replication.ts';
import { isJoint } from './tracker.ts';
import { type RaftEntry, raftNone, type StepResult } from './types.ts';

type Proposal = Pick<RaftEntry, 'type' | 'data'>;

const emptyProposal: Proposal = { type: 'EntryNormal', data: new Uint8Array(0) };

/** The entry type and data of a membership change. */
export function confChangeProposal(change: ConfChange): Proposal {
  return {
    type: change.version === 1 ? 'EntryConfChange' : 'EntryConfChangeV2',
    data: encodeConfChange(change),
  };
}

/** Why a membership change cannot be proposed now. */
function obstacle(raft: Raft, change: ConfChange): string | undefined {
  const applied = raft.log.applied();
  const joint = isJoint(raft.tracker.config);
  if (raft.pendingConfIndex > applied)
    return `the change at ${raft.pendingConfIndex} may not be applied yet (applied: ${applied})`;
  if (joint && !isLeaveJoint(change)) return 'the joint configuration has to be left first';
  if (!joint && isLeaveJoint(change)) return 'there is no joint configuration to leave';
  const result = changeMembership({ tracker: raft.tracker, lastIndex: raft.log.lastIndex() }, change);
  return result.type === 'refused' ? result.reason : undefined;
}

/** Appends proposals to the leader's log. A membership change that cannot be becomes an empty entry, so that indexes stay. */
export function propose(raft: Raft, proposals: readonly Proposal[]): StepResult {
  // Removed from the members, it only carries out what is under way.
  if (!raft.tracker.progress.has(raft.id)) return proposalDropped;
  if (raft.leadTransferee !== raftNone) {
    logAt(raft, 'debug', () => `drops a proposal: leadership goes to ${raft.leadTransferee}`);
    return proposalDropped;
  }
  const accepted = proposals.map((proposal, position) => {
    const change = confChangeOf(proposal);
    if (change === undefined) return proposal;
    const reason = raft.config.disableConfChangeValidation ? undefined : obstacle(raft, change);
    if (reason !== undefined) {
      logAt(raft, 'info', () => `ignores a membership change: ${reason}`);
      return emptyProposal;
    }
    raft.pendingConfIndex = raft.log.lastIndex() + position + 1;
    return proposal;
  });
  if (!appendOwn(raft, accepted)) return proposalDropped;
  broadcastAppend(raft);
  return undefined;
}

/** Notes what was applied. A leader whose joint configuration leaves by itself proposes that when it is applied. */
export function noteApplied(raft: Raft, index: number, size: number): void {
  const applied = Math.max(index, raft.log.applied());
  raft.log.appliedTo(applied, size);
  const isDue = raft.tracker.config.autoLeave && applied >= raft.pendingConfIndex && raft.role === 'StateLeader';
  if (!isDue) return;
  const refusal = propose(raft, [confChangeProposal(leaveJointChange)]);
  logAt(raft, refusal === undefined ? 'info' : 'debug', () =>
    refusal === undefined
      ? 'leaves the joint configuration'
      : `cannot leave the joint configuration: ${refusal.reason}`,
  );
}
