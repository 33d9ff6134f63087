import { standForElection } from './election.ts';
import { handleAppend, handleHeartbeat, handleSnapshot } from './follower-log.ts';
import { logAt, type Raft, send } from './raft.ts';
import { proposalDropped } from './refusal.ts';
import { type RaftMessage, raftNone, type StepResult } from './types.ts';

/** The leader spoke. */
function noteLeader(raft: Raft, message: RaftMessage): void {
  raft.electionElapsed = 0;
  raft.lead = message.from;
}

function forward(raft: Raft, message: RaftMessage): void {
  send(raft, { ...message, to: raft.lead, term: 0 });
}

function forgetLeader(raft: Raft): void {
  if (raft.config.readOnly === 'lease') {
    // The lease that reads rely on counts on us.
    raft.config.log('error', () => 'ignoring MsgForgetLeader due to ReadOnlyLeaseBased');
    return;
  }
  if (raft.lead === raftNone) return;
  logAt(raft, 'info', () => `forgets the leader ${raft.lead} of term ${raft.term}`);
  raft.lead = raftNone;
}

/** What a follower does upon a message of its own term. */
export function stepFollower(raft: Raft, message: RaftMessage): StepResult {
  switch (message.type) {
    case 'MsgProp':
      if (raft.lead === raftNone || raft.config.disableProposalForwarding) {
        logAt(raft, 'info', () => `drops a proposal in term ${raft.term}: ${raft.lead} leads`);
        return proposalDropped;
      }
      forward(raft, message);
      return undefined;
    case 'MsgApp':
      noteLeader(raft, message);
      return handleAppend(raft, message);
    case 'MsgHeartbeat':
      noteLeader(raft, message);
      return handleHeartbeat(raft, message);
    case 'MsgSnap':
      noteLeader(raft, message);
      return handleSnapshot(raft, message);
    case 'MsgTransferLeader':
    case 'MsgReadIndex':
      if (raft.lead === raftNone) logAt(raft, 'info', () => `drops ${message.type}: nobody leads`);
      else forward(raft, message);
      return undefined;
    case 'MsgForgetLeader':
      forgetLeader(raft);
      return undefined;
    case 'MsgTimeoutNow':
      logAt(raft, 'info', () => `is asked by ${message.from} to lead`);
      standForElection(raft, 'transfer');
      return undefined;
    case 'MsgReadIndexResp': {
      const context = message.entries[0]?.data;
      if (context !== undefined) raft.readStates.push({ index: message.index, context });
      return undefined;
    }
    default:
      return undefined;
  }
}
