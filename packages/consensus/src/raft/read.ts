import { type Raft, send } from './raft.ts';
import { broadcastHeartbeat } from './replication.ts';
import type { RaftMessage } from './types.ts';
import { raftNone } from './types.ts';

const empty = new Uint8Array(0);

/** Whether the leader has committed an entry of its own term: before, it cannot know the commit index of the cluster. */
export function hasCommittedInTerm(raft: Raft): boolean {
  return raft.log.term(raft.log.committed()) === raft.term;
}

/** Gives the index of a read to who asked: here, or to the follower that passed it on. */
export function answerRead(raft: Raft, request: RaftMessage, index: number): void {
  if (request.from === raftNone || request.from === raft.id) {
    raft.readStates.push({ index, context: request.entries[0]?.data ?? empty });
    return;
  }
  send(raft, { type: 'MsgReadIndexResp', to: request.from, index, entries: request.entries });
}

/** Serves a read on the leader: by the lease, or after a quorum has confirmed that it still leads. */
export function serveRead(raft: Raft, request: RaftMessage): void {
  const commit = raft.log.committed();
  if (raft.config.readOnly === 'lease') {
    answerRead(raft, request, commit);
    return;
  }
  raft.readOnly.add(request, commit);
  const context = raft.readOnly.heartbeatContext();
  if (context !== undefined) raft.readOnly.acknowledge(raft.id, context);
  broadcastHeartbeat(raft);
}

/** Serves the reads that waited for the first commit of the term. */
export function releasePendingReads(raft: Raft): void {
  if (raft.pendingReads.length === 0 || !hasCommittedInTerm(raft)) return;
  const waiting = raft.pendingReads;
  raft.pendingReads = [];
  for (const request of waiting) serveRead(raft, request);
}
