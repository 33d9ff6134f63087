/**
 * Why an input was not accepted. `RAFT_LOCAL_MESSAGE`, `RAFT_PEER_UNKNOWN`, `RAFT_PROPOSAL_DROPPED`: as etcd; the others are messages that no correct
 * node sends (the peer is at fault).
 */
export type RefusalCode =
  | 'RAFT_LOCAL_MESSAGE'
  | 'RAFT_PEER_UNKNOWN'
  | 'RAFT_PROPOSAL_DROPPED'
  | 'RAFT_MESSAGE_INVALID'
  | 'RAFT_CONF_CHANGE_INVALID';

/** A value, not an error: `step` never throws. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly reason: string;
}

/** etcd's texts, which its transcripts show. */
export const proposalDropped: Refusal = { code: 'RAFT_PROPOSAL_DROPPED', reason: 'raft proposal dropped' };
export const localMessage: Refusal = { code: 'RAFT_LOCAL_MESSAGE', reason: 'raft: cannot step raft local message' };
export const peerUnknown: Refusal = { code: 'RAFT_PEER_UNKNOWN', reason: 'raft: cannot step as peer not found' };

export function messageInvalid(reason: string): Refusal {
  return { code: 'RAFT_MESSAGE_INVALID', reason };
}

export function confChangeInvalid(reason: string): Refusal {
  return { code: 'RAFT_CONF_CHANGE_INVALID', reason };
}
