import type { Method } from '../method.ts';
import { parameter } from '../parameters/codec.ts';
import { text, uint16 } from '../parameters/scalars.ts';
import { boolResult, json, nullable, textResult } from '../results.ts';
import type { RaftMemberJson } from '../shapes/raft.ts';

/** Members of a Raft cluster. */
export interface RaftMethods {
  readonly raft_role: Method<[], string>;
  readonly raft_leader: Method<[], string>;
  readonly raft_cluster: Method<[], readonly RaftMemberJson[]>;
  readonly raft_getRaftId: Method<[enode: string], number>;
  readonly raft_addPeer: Method<[enode: string], number>;
  readonly raft_addLearner: Method<[enode: string], number>;
  readonly raft_promoteToPeer: Method<[raftId: number], boolean>;
  readonly raft_removePeer: Method<[raftId: number], undefined>;
}

const byEnode = parameter('enode', text);
const byId = parameter('raftId', uint16);
const number = json<number>('number');

export const raftMethods: RaftMethods = {
  raft_role: {
    doc: '`minter`, `verifier` or `learner`; empty when there is no leader, or this node was removed.',
    params: [],
    result: textResult,
  },
  raft_leader: { doc: "The minter's enode id.", params: [], result: textResult },
  raft_cluster: {
    doc: 'All members, this node last.',
    params: [],
    result: json('list of `{raftId, nodeId, p2pPort, raftPort, hostname, role, nodeActive}`'),
  },
  raft_getRaftId: { doc: 'The raft id of another member.', params: [byEnode], result: number },
  raft_addPeer: {
    doc: 'Adds a member with a vote; answers the id that it has to be started with, before the change is agreed on.',
    params: [byEnode],
    result: number,
  },
  raft_addLearner: {
    doc: 'Adds a member that follows and has no vote; answers its id.',
    params: [byEnode],
    result: number,
  },
  raft_promoteToPeer: { doc: 'Gives a learner a vote.', params: [byId], result: boolResult },
  raft_removePeer: {
    doc: 'Removes a member; its id is never given again.',
    params: [byId],
    result: nullable(json<never>('nothing')),
  },
};
