import type { ConfChange } from './conf-change.ts';
import { changeMembership, type Membership } from './conf-changer.ts';
import { voterIds } from './quorum.ts';
import { becomeFollower, logAt, type Raft } from './raft.ts';
import { confChangeInvalid, type Refusal } from './refusal.ts';
import { broadcastAppend, maybeCommit } from './replication.ts';
import { confStateOf } from './tracker.ts';
import { type ConfState, raftNone } from './types.ts';

/** Takes over new members, with what follows from it for a leader. */
export function switchMembership(raft: Raft, members: Membership): ConfState {
  const { tracker } = raft;
  tracker.config = members.config;
  tracker.progress = members.progress;
  const own = tracker.progress.get(raft.id);
  raft.isLearner = own?.isLearner ?? false;
  const confState = confStateOf(tracker.config);
  logAt(raft, 'info', () => `members: ${JSON.stringify(confState)}`);

  if (raft.role !== 'StateLeader') return confState;
  if (own === undefined || own.isLearner) {
    if (raft.config.stepDownOnRemoval) becomeFollower(raft, raft.term, raftNone);
    return confState;
  }
  if (confState.voters.length === 0) return confState;
  // A smaller quorum may commit more; whoever is new gets its first message.
  const isCommitted = maybeCommit(raft);
  broadcastAppend(raft, isCommitted);
  if (raft.leadTransferee !== raftNone && !voterIds(tracker.config.voters).has(raft.leadTransferee))
    raft.leadTransferee = raftNone;
  return confState;
}

/** Carries out a committed membership change. One that cannot be (nobody checked it) changes nothing, on every node alike. */
export function applyMembershipChange(raft: Raft, change: ConfChange): ConfState | Refusal {
  const result = changeMembership({ tracker: raft.tracker, lastIndex: raft.log.lastIndex() }, change);
  if (result.type === 'refused') {
    logAt(raft, 'error', () => `a committed membership change is void: ${result.reason}`);
    return confChangeInvalid(result.reason);
  }
  return switchMembership(raft, result);
}
