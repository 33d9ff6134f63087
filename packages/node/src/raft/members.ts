import {
  type ClusterState,
  decodeClusterState,
  decodeRaftAddress,
  encodeClusterState,
  type RaftAddress,
} from '@isoquorum/consensus/raft/cluster-state';
import type { ConfChange } from '@isoquorum/consensus/raft/conf-change';
import type { RaftSeat } from '@isoquorum/consensus/raft/frame';
import type { ConfState } from '@isoquorum/consensus/raft/types';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { publicKeyToAddress } from '@isoquorum/primitives/secp256k1';

/** Members of the cluster by raft id, as the application of the log left them: what Raft itself only knows by numbers. */
export interface Members {
  all(): readonly RaftAddress[];
  byId(raftId: number): RaftAddress | undefined;
  /** By Ethereum address of the node key. */
  byAddress(address: Address): RaftAddress | undefined;
  addressOf(raftId: number): Address | undefined;
  removed(): readonly number[];
  /** Of all members. */
  addresses(): readonly Address[];
  /** Ids and addresses of all members, ascending by id. */
  seats(): readonly RaftSeat[];
  /** Applies a committed change; its context names the new member. Answers true when something changed. */
  apply(change: ConfChange): boolean;
  /** The next id to be given out: ids are never used again. */
  nextId(): number;
  load(state: ClusterState): void;
  encode(headHash: Hash32): Uint8Array;
}

interface Known extends RaftAddress {
  readonly address: Address;
}

export function createMembers(): Members {
  let members = new Map<number, Known>();
  let removed = new Set<number>();

  function add(address: RaftAddress): void {
    members.set(address.raftId, { ...address, address: publicKeyToAddress(address.nodeId) });
  }

  function addressIn(context: Uint8Array): RaftAddress | undefined {
    try {
      return decodeRaftAddress(context);
    } catch (error) {
      if (isIsoquorumError(error)) return undefined;
      throw error;
    }
  }

  function sorted(): Known[] {
    return [...members.values()].toSorted((left, right) => left.raftId - right.raftId);
  }

  return {
    all: sorted,
    byId: (raftId) => members.get(raftId),
    byAddress: (address) => [...members.values()].find((member) => bytesEqual(member.address, address)),
    addresses: () => [...members.values()].map(({ address }) => address),
    seats: () => sorted().map(({ raftId, address }) => ({ raftId, address })),
    addressOf: (raftId) => members.get(raftId)?.address,
    removed: () => [...removed].toSorted((left, right) => left - right),
    apply(change) {
      let isChanged = false;
      for (const { type, nodeId } of change.changes) {
        if (type === 'remove-node') {
          isChanged = members.delete(nodeId) || isChanged;
          removed.add(nodeId);
        } else if (type !== 'update-node' && !removed.has(nodeId) && !members.has(nodeId)) {
          const address = addressIn(change.context);
          if (address === undefined || address.raftId !== nodeId) continue;
          add(address);
          isChanged = true;
        } else if (type !== 'update-node') {
          // A learner is promoted.
          isChanged = true;
        }
      }
      return isChanged;
    },
    nextId: () => Math.max(0, ...members.keys(), ...removed) + 1,
    load(state) {
      members = new Map();
      removed = new Set(state.removed);
      for (const member of state.members) add(member);
    },
    encode: (headHash) => encodeClusterState({ members: sorted(), removed: [...removed], headHash }),
  };
}

/** The members of a snapshot's data. @throws RAFT_ADDRESS_INVALID */
export function clusterStateOf(data: Uint8Array): ClusterState {
  return decodeClusterState(data);
}

/** Why a snapshot's data names no members; undefined when it does. */
export function snapshotDataFault(data: Uint8Array): string | undefined {
  try {
    const { members } = clusterStateOf(data);
    return members.length === 0 ? 'a snapshot without members' : undefined;
  } catch (error) {
    if (isIsoquorumError(error)) return error.message;
    throw error;
  }
}

/** The first configuration of a cluster: everybody votes. */
export function firstConfState(members: readonly RaftAddress[]): ConfState {
  const voters = members.map(({ raftId }) => raftId).toSorted((left, right) => left - right);
  return { voters, votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
}
