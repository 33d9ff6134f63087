import { countVote } from './election.ts';
import { becomeFollower, logAt, type Raft } from './raft.ts';
import { proposalDropped } from './refusal.ts';
import { stepFollower } from './step-follower.ts';
import type { RaftMessage, StepResult } from './types.ts';

/** What a candidate (or one that asks for pre-votes) does upon a message of its own term. */
export function stepCandidate(raft: Raft, message: RaftMessage): StepResult {
  switch (message.type) {
    case 'MsgProp':
      logAt(raft, 'info', () => `drops a proposal in term ${raft.term}: nobody leads`);
      return proposalDropped;
    case 'MsgApp':
    case 'MsgHeartbeat':
    case 'MsgSnap':
      // Somebody else won this term.
      becomeFollower(raft, message.term, message.from);
      return stepFollower(raft, message);
    case 'MsgPreVoteResp':
      if (raft.role === 'StatePreCandidate') countVote(raft, message);
      return undefined;
    case 'MsgVoteResp':
      if (raft.role === 'StateCandidate') countVote(raft, message);
      return undefined;
    default:
      return undefined;
  }
}
