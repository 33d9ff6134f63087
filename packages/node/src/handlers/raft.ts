import { isIpAddress, type RaftAddress } from '@isoquorum/consensus/raft/cluster-state';
import type { ConfChangeType } from '@isoquorum/consensus/raft/conf-change';
import type { RaftStatus } from '@isoquorum/consensus/raft/types';
import { type Enode, parseEnode } from '@isoquorum/primitives/enode';
import { bytesEqual, bytesToBareHex } from '@isoquorum/primitives/hex';
import { nodeIdToHash } from '@isoquorum/primitives/node-key';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { RaftMethods } from '@isoquorum/rpc/jsonrpc/methods/raft';
import type { RaftMemberJson } from '@isoquorum/rpc/jsonrpc/shapes/raft';
import type { RaftCluster } from '../raft/cluster.ts';

type Role = RaftMemberJson['role'] | '';

const failed = (message: string): RpcError => new RpcError(SERVER_ERROR, message);
/** What the original calls the enode id in refusals: the hash that devp2p knows a node by. */
const enodeId = ({ nodeId }: RaftAddress): string => bytesToBareHex(nodeIdToHash(nodeId));

function roleIn({ members }: RaftCluster, id: number, status: RaftStatus | undefined): Role {
  if (status === undefined || members.removed().includes(id)) return '';
  if (status.confState.learners.includes(id)) return 'learner';
  if (status.softState.lead === id) return 'minter';
  return 'verifier';
}

/** What this node is in its cluster; empty while nobody leads, and when it was removed. */
export function raftRole(cluster: RaftCluster): Role {
  const status = cluster.raftStatus();
  return status?.softState.lead === 0 ? '' : roleIn(cluster, cluster.raftId, status);
}

/** `raft_*` with the texts of GoQuorum (goquorum.md 8.7, 14.15). */
export function createRaftHandlers(cluster: RaftCluster): HandlersOf<RaftMethods> {
  const { members, raftId } = cluster;
  /** The last id that was given out here: its change may not be agreed on yet. */
  let lastGivenId = 0;

  function leader(): string {
    const lead = cluster.raftStatus()?.softState.lead ?? 0;
    const member = members.byId(lead);
    if (member === undefined) throw failed('no leader is currently elected');
    return bytesToBareHex(member.nodeId);
  }

  function rows(): readonly RaftMemberJson[] {
    if (raftRole(cluster) === '') return [];
    const status = cluster.raftStatus();
    const all = members.all();
    const sorted = [...all.filter((member) => member.raftId !== raftId), ...all.filter((one) => one.raftId === raftId)];
    return sorted.flatMap((member) => {
      const role = roleIn(cluster, member.raftId, status);
      if (role === '') return [];
      const { nodeId, p2pPort, raftPort, host } = member;
      const nodeActive = cluster.isConnected(member.raftId);
      return {
        raftId: member.raftId,
        nodeId: bytesToBareHex(nodeId),
        p2pPort,
        raftPort,
        hostname: host,
        role,
        nodeActive,
      };
    });
  }

  function checkMembership(): void {
    if (members.removed().includes(raftId)) throw failed('node not part of raft cluster. operations not allowed');
  }

  /** @throws ENODE_INVALID with the original's texts */
  function parse(url: string): Enode & { readonly raftPort: number } {
    const enode = parseEnode(url);
    const { raftPort } = enode;
    if (!cluster.isDnsEnabled && !isIpAddress(enode.host)) {
      if (enode.host.includes(':')) throw failed('expected IPv4 address (with length 4), but got IP of length 16');
      throw failed('raft must enable dns to use hostname');
    }
    if (raftPort === undefined) throw failed(`enodeId is missing raftport querystring parameter: ${url}`);
    return { ...enode, raftPort };
  }

  function checkNew(enode: Enode & { readonly raftPort: number }): void {
    for (const member of members.all()) {
      const isSelf = member.raftId === raftId;
      if (bytesEqual(member.nodeId, enode.nodeId)) {
        const prefix = isSelf ? 'enode is this enode (self): ' : '';
        throw failed(`${prefix}node with this enode has already been added to the cluster: ${enodeId(member)}`);
      }
      if (member.host !== enode.host) continue;
      const known = `existing node ${enodeId(member)} with raft ID ${member.raftId} is already using`;
      if (member.p2pPort === enode.port) throw failed(`${known} eth p2p at ${enode.host}:${enode.port}`);
      if (member.raftPort === enode.raftPort) throw failed(`${known} raft at ${enode.host}:${enode.raftPort}`);
    }
  }

  function change(type: ConfChangeType, id: number, address: RaftAddress | undefined): void {
    const refusal = cluster.changeMember(type, id, address);
    if (refusal !== undefined) throw failed(refusal.reason);
  }

  function add(url: string, type: ConfChangeType): number {
    checkMembership();
    if (raftRole(cluster) === 'learner') throw failed("learner node can't add peer or learner");
    const enode = parse(url);
    checkNew(enode);
    const id = Math.max(members.nextId(), lastGivenId + 1);
    const { nodeId, host, port: p2pPort, raftPort } = enode;
    change(type, id, { raftId: id, nodeId, host, p2pPort, raftPort });
    lastGivenId = id;
    return id;
  }

  return {
    raft_role: () => raftRole(cluster),
    raft_leader: () => leader(),
    raft_cluster: () => rows(),
    raft_getRaftId(_request, url) {
      const { nodeId } = parseEnode(url);
      // The original looks among the others only.
      const found = members.all().find((member) => member.raftId !== raftId && bytesEqual(member.nodeId, nodeId));
      if (found === undefined) throw failed(`node not found in the cluster: ${url}`);
      return found.raftId;
    },
    raft_addPeer: (_request, url) => add(url, 'add-node'),
    raft_addLearner: (_request, url) => add(url, 'add-learner'),
    raft_promoteToPeer(_request, id) {
      checkMembership();
      if (raftRole(cluster) === 'learner') throw failed("learner node can't promote to peer");
      if (roleIn(cluster, id, cluster.raftStatus()) !== 'learner')
        throw failed(`${id} is not a learner. only learner can be promoted to peer`);
      change('add-node', id, undefined);
      return true;
    },
    raft_removePeer(_request, id) {
      checkMembership();
      if (raftRole(cluster) === 'learner' && id !== raftId) throw failed("learner node can't remove other peer");
      change('remove-node', id, undefined);
      return undefined;
    },
  };
}
