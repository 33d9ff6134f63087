import type { CliqueInput } from '@isoquorum/consensus/clique/types';
import type { IbftInput } from '@isoquorum/consensus/ibft/types';
import type { Profile } from '@isoquorum/consensus/profile';
import type { QbftInput } from '@isoquorum/consensus/qbft/types';
import type { RecoverAddress, SignDigest } from '@isoquorum/consensus/recover';
import type { Address } from '@isoquorum/primitives/bytes';
import type { NetworkHost } from '@isoquorum/network/host';
import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Random } from '@isoquorum/platform/random';
import type { Blockchain } from '../chain/blockchain.ts';
import type { Executor } from '../import/executor.ts';
import type { Importer } from '../import/importer.ts';
import type { NodePool } from '../pool/create-pool.ts';
import type { RaftCluster } from '../raft/cluster.ts';
import type { RaftOptions } from '../raft/options.ts';
import type { VoteBook } from './vote-book.ts';

/** Where consensus stands, for RPC and log: enough to say who is missing, and in which round, when nothing moves. */
export interface ConsensusStatus {
  readonly algorithm: 'ibft' | 'qbft' | 'raft' | 'clique';
  /** Number of the block that is to be decided. */
  readonly height: number;
  /** Round of a BFT height; term of Raft; 0 where there is neither. */
  readonly round: number;
  /** What the node does now: phase of a BFT round, role in Raft. */
  readonly phase: string;
  /** Whose turn it is: proposer, leader, signer in turn. */
  readonly proposer: Address | undefined;
  /** This node has a say at this height. */
  readonly isValidator: boolean;
  /** It is one, and signs. A validator that has lost its record of what it signed waits for a block first. */
  readonly isSigning: boolean;
  readonly validators: readonly Address[];
  /** How many of them must agree. */
  readonly quorum: number;
  /**
   * Those who should have spoken, and have not: of a BFT round, where before the first proposal that is the proposer alone; voters of Raft that the leader does
   * not hear, or that are not connected while nobody leads; signers of Clique that may sign now, once a block is overdue.
   */
  readonly missing: readonly Address[];
  /** Those that are not connected. */
  readonly disconnected: readonly Address[];
  /** When the height was entered, Unix milliseconds. */
  readonly sinceMs: number;
  /** The last round of this height that came to nothing. */
  readonly failed?: FailedRound | undefined;
  /** Clique: who may not sign the next block. */
  readonly resting?: readonly RestingSigner[];
}

/** A signer of a Clique chain that has signed lately, and lets others go first. */
export interface RestingSigner {
  readonly address: Address;
  /** Number of the first block that it may sign again. */
  readonly maySignFrom: number;
}

/** How far a round came that ended without a block, and who was not heard in it. */
export interface FailedRound {
  readonly round: number;
  readonly phase: string;
  readonly missing: readonly Address[];
}

/** One engine at work: it interprets its machine's effects, and is the only part that signs or decides. */
export interface ConsensusDriver {
  start(): void;
  /** Says nothing more; resolves when the input in hand is done. */
  stop(): Promise<void>;
  status(): ConsensusStatus;
  /** Resolves when nothing waits to be handled. */
  idle(): Promise<void>;
  /** On a Raft chain. */
  readonly raft?: RaftCluster;
}

/** What a machine was given, in order; enough to replay it. One member per engine. */
export type ConsensusInput =
  | { readonly engine: 'ibft'; readonly input: IbftInput }
  | { readonly engine: 'qbft'; readonly input: QbftInput }
  | { readonly engine: 'clique'; readonly input: CliqueInput };

/** What the node gives to every driver; what one engine alone needs comes with its engine. */
export interface DriverParts {
  /** Address of the node key. */
  readonly address: Address;
  readonly sign: SignDigest;
  /** Keys that may seal blocks of a Clique chain: the node key, then the accounts that the node holds. */
  readonly signers: readonly { readonly address: Address; readonly sign: SignDigest }[];
  readonly recover: RecoverAddress;
  readonly profile: Profile;
  readonly chain: Blockchain;
  readonly executor: Executor;
  readonly importer: Importer;
  readonly pool: NodePool;
  readonly votes: VoteBook;
  /** At most 32 bytes, for extra data of blocks made here. */
  readonly vanity: Uint8Array | undefined;
  /** On a Raft chain: who we are in the cluster; without it the node follows. */
  readonly raft: RaftOptions | undefined;
  readonly host: NetworkHost;
  /** See `NodeOptions`. */
  readonly expectedPeers: () => readonly string[];
  readonly neverSigned: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** A peer speaks of a block above ours. */
  readonly onSyncHint: (height: number) => void;
  /** A validator is behind: give it our head. */
  readonly onAnnounceHead: (to: Address) => void;
  /** A failed persist, a broken store: the node must stop. */
  readonly onFatal: (error: unknown) => void;
  /** Sees every input in order. */
  readonly inputLog: ((input: ConsensusInput) => void) | undefined;
}
