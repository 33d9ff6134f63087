import type { Hash32 } from '@isoquorum/primitives/bytes';
import { type ForkId, checkForkId, createForkId } from '@isoquorum/primitives/fork-id';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { statusVersion, type StatusMessage } from '../wire/status.ts';
import { networkError } from './errors.ts';

/** What a host says of its chain in the status handshake, and what it demands of others. */
export interface ChainIdentity {
  readonly networkId: bigint;
  readonly genesisHash: Hash32;
  readonly role: 'node' | 'browser';
  /** Program and version. */
  readonly client: string;
  forkIdAt(headNumber: number): ForkId;
  /** EIP-2124's rules for a peer's fork id, seen from our head. */
  acceptsForkId(remote: ForkId, headNumber: number): boolean;
}

export interface ChainIdentityOptions {
  readonly config: ChainConfig;
  readonly genesisHash: Hash32;
  readonly networkId: bigint;
  readonly role: 'node' | 'browser';
  readonly client: string;
}

/** The identity of a chain by its config's fork schedule. */
export function createChainIdentity(options: ChainIdentityOptions): ChainIdentity {
  const { config, genesisHash, networkId, role, client } = options;
  return {
    networkId,
    genesisHash,
    role,
    client,
    forkIdAt: (headNumber) => createForkId(config, genesisHash, headNumber),
    acceptsForkId: (remote, headNumber) => checkForkId(config, genesisHash, headNumber, remote) === 'compatible',
  };
}

/** The head that status messages carry. */
export interface StatusHead {
  readonly number: number;
  readonly hash: Uint8Array;
}

export function createStatus(chain: ChainIdentity, head: StatusHead): StatusMessage {
  const fork = chain.forkIdAt(head.number);
  return {
    version: statusVersion,
    networkId: chain.networkId,
    genesisHash: chain.genesisHash,
    forkHash: fork.hash,
    forkNext: fork.next,
    role: chain.role,
    headNumber: head.number,
    headHash: head.hash,
    client: chain.client,
  };
}

/** @throws STATUS_VERSION_MISMATCH, NETWORK_MISMATCH, GENESIS_MISMATCH, FORK_MISMATCH */
export function checkStatus(chain: ChainIdentity, head: StatusHead, remote: StatusMessage): void {
  if (remote.version !== statusVersion)
    throw networkError(
      'STATUS_VERSION_MISMATCH',
      `status version ${remote.version}, ours is ${statusVersion}`,
      {
        theirs: remote.version,
        ours: statusVersion,
      },
      'REJECT',
    );
  if (remote.networkId !== chain.networkId)
    throw networkError(
      'NETWORK_MISMATCH',
      `network id ${remote.networkId}, ours is ${chain.networkId}`,
      {
        theirs: remote.networkId,
        ours: chain.networkId,
      },
      'REJECT',
    );
  if (!bytesEqual(remote.genesisHash, chain.genesisHash))
    throw networkError('GENESIS_MISMATCH', 'another genesis block', {}, 'REJECT');
  if (!chain.acceptsForkId({ hash: remote.forkHash, next: remote.forkNext }, head.number))
    throw networkError('FORK_MISMATCH', 'another fork schedule', { next: remote.forkNext }, 'REJECT');
}
