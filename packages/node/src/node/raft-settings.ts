import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RaftAddress } from '@isoquorum/consensus/raft/cluster-state';
import type { Address } from '@isoquorum/primitives/bytes';
import { formatEnode, parseEnode } from '@isoquorum/primitives/enode';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { nodeKeyToNodeId } from '@isoquorum/primitives/node-key';
import { parseNodeList } from '@isoquorum/network/admission/node-list';
import type { RaftOptions } from '../raft/options.ts';

/** A Raft chain's node cannot say who it is in the cluster: it is in no list, or an enode has no `raftport`. */
export type RaftSettingsErrorCode = 'RAFT_NOT_LISTED' | 'RAFT_PORT_MISSING';

/** What the command line says of Raft, with GoQuorum's names. */
export interface RaftSettings {
  /** What our enode names as `raftport`. */
  readonly raftPort?: number | undefined;
  /** The id that `raft_addPeer` answered: join a cluster that runs. */
  readonly joinExisting?: number | undefined;
  readonly blockTimeMs?: number;
  readonly isInSeconds?: boolean;
  readonly isDnsEnabled?: boolean;
  readonly feeRecipient?: Address;
}

/** Enode URLs of `static-nodes.json`, in their order. @throws NODE_LIST_INVALID */
export function readStaticNodes(dataDir: string | undefined): readonly string[] {
  const path = dataDir && join(dataDir, 'static-nodes.json');
  if (path === undefined || path === '' || !existsSync(path)) return [];
  const { nodes } = parseNodeList(readFileSync(path, 'utf8'), 'static-nodes.json');
  return nodes.map(({ enode }) => formatEnode(enode));
}

function memberOf(url: string, raftId: number): RaftAddress {
  const { nodeId, host, port: p2pPort, raftPort } = parseEnode(url);
  if (raftPort === undefined)
    throw new IsoquorumError('RAFT_PORT_MISSING', `raftport is missing in ${url}`, { enode: url }, 'STOP');
  return { raftId, nodeId, host, p2pPort, raftPort };
}

/**
 * Who we are: the place in the list of static nodes, from 1, or the id that was given. The list is the first cluster; of a cluster that runs the log knows the
 * members. @throws RAFT_NOT_LISTED, RAFT_PORT_MISSING
 */
export function raftOptionsOf(input: {
  readonly nodeKey: Uint8Array;
  readonly staticNodes: readonly string[];
  readonly settings: RaftSettings;
}): RaftOptions {
  const { joinExisting, blockTimeMs, isInSeconds, isDnsEnabled, feeRecipient } = input.settings;
  const rest = {
    ...(blockTimeMs === undefined ? {} : { blockTimeMs }),
    ...(isInSeconds === undefined ? {} : { isInSeconds }),
    ...(isDnsEnabled === undefined ? {} : { isDnsEnabled }),
    ...(feeRecipient === undefined ? {} : { feeRecipient }),
  };
  if (joinExisting !== undefined) return { ...rest, raftId: joinExisting, members: [] };
  const members = input.staticNodes.map((url, index) => memberOf(url, index + 1));
  const nodeId = nodeKeyToNodeId(input.nodeKey);
  const own = members.find((member) => bytesEqual(member.nodeId, nodeId));
  if (own === undefined) {
    throw new IsoquorumError(
      'RAFT_NOT_LISTED',
      'a Raft chain: this node must be in static-nodes.json (its place there is its raft id), or join by --raftjoinexisting',
      { listed: members.length },
      'STOP',
    );
  }
  return { ...rest, raftId: own.raftId, members };
}

/** The enode URL of a member; its libp2p is where it is by default. */
export function memberEnode({ nodeId, host, p2pPort, raftPort }: RaftAddress): string {
  return formatEnode({ nodeId, host, port: p2pPort, raftPort });
}
