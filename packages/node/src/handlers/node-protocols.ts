import { type BftAlgorithm, bftAlgorithmAt } from '@isoquorum/primitives/genesis/bft-config';
import type { RaftAddress } from '@isoquorum/consensus/raft/cluster-state';
import { bytesToBareHex, bytesToHex } from '@isoquorum/primitives/hex';
import type { RaftCluster } from '../raft/cluster.ts';
import type { HandlerContext } from './context.ts';
import { raftRole } from './raft.ts';

type Engine = BftAlgorithm | 'clique' | 'raft';

/** What decides the next block. */
function engineOf({ chain, validators }: HandlerContext): Engine {
  if (validators.kind === 'clique') return 'clique';
  return bftAlgorithmAt(chain.config, chain.headNumber() + 1) ?? 'raft';
}

function chainJson({ chain, identity }: HandlerContext, engine: Engine): unknown {
  const head = chain.head();
  return {
    network: Number(identity.networkId),
    difficulty: Number(chain.totalDifficulty(head.hash) ?? 0n),
    genesis: bytesToHex(chain.genesisHash),
    head: bytesToHex(head.hash),
    consensus: engine === 'ibft' || engine === 'qbft' ? 'istanbul' : engine,
    engine,
  };
}

function raftJson(cluster: RaftCluster): unknown {
  const { members, raftId } = cluster;
  const address = ({ raftId: id, nodeId, p2pPort, raftPort, host }: RaftAddress): unknown => ({
    raftId: id,
    nodeId: bytesToBareHex(nodeId),
    p2pPort,
    raftPort,
    hostname: host,
  });
  const own = members.byId(raftId);
  const all = members.all();
  return {
    clusterSize: all.length,
    role: raftRole(cluster),
    address: own === undefined ? null : address(own),
    peerAddresses: all.filter((member) => member.raftId !== raftId).map(address),
    removedPeerIds: members.removed(),
    appliedIndex: cluster.raftStatus()?.applied ?? 0,
    snapshotIndex: cluster.snapshotIndex(),
  };
}

/**
 * `protocols` of `admin_nodeInfo` under the names of GoQuorum: every chain has `eth`, IBFT and QBFT have `istanbul` beside it with the same members, Raft has
 * the cluster (goquorum.md 8.7).
 */
export function protocolsJson(context: HandlerContext): Readonly<Record<string, unknown>> {
  const engine = engineOf(context);
  const eth = chainJson(context, engine);
  if (engine === 'clique') return { eth };
  if (engine !== 'raft') return { eth, istanbul: eth };
  return context.raft === undefined ? { eth } : { eth, raft: raftJson(context.raft) };
}
