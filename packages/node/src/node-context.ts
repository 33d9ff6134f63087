import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { CliqueSnapshot } from '@isoquorum/consensus/clique/snapshot';
import type { Profile } from '@isoquorum/consensus/profile';
import type { Snapshot } from '@isoquorum/consensus/snapshot';
import type { Header } from '@isoquorum/primitives/header';
import type { Evm } from '@isoquorum/execution/evm/port';
import type { StateDatabase } from '@isoquorum/execution/state/database';
import type { NetworkHost } from '@isoquorum/network/host';
import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Random } from '@isoquorum/platform/random';
import type { BloomIndex } from './bloom/index-reader.ts';
import type { ChainReader } from './chain/chain.ts';
import type { StateAccess } from './chain/state-access.ts';
import type { ConsensusStatus } from './consensus-driver/driver.ts';
import type { EngineRules } from './engine/engine.ts';
import type { BlockReplay } from './import/block-replay.ts';
import type { TransactionPool } from './pool/pool.ts';
import type { RaftCluster } from './raft/cluster.ts';
import type { PrivateGroups } from './private/private-groups.ts';
import type { TransactionSubmitter } from './private/submit.ts';

/** Who validates, as far as the chain says (istanbul_*, clique_*). */
export interface ValidatorReader {
  /** The chain's engine. */
  readonly kind: EngineRules['kind'];
  /** Validators that decide the block after `header`, sorted by bytes. */
  validatorsAfter(header: Header, hash: Hash32): readonly Address[];
  /** Validators and pending votes after `header` (istanbul_getSnapshot). @throws UNKNOWN_BLOCK, ENGINE_MISMATCH on other chains than BFT */
  snapshotAfter(header: Header, hash: Hash32): Snapshot;
  /** Signers and pending votes after `header` (clique_getSnapshot). @throws UNKNOWN_BLOCK, ENGINE_MISMATCH on other chains than Clique */
  cliqueSnapshotAfter(header: Header, hash: Hash32): CliqueSnapshot;
  /** Author of a block and who sealed it. @throws INVALID_EXTRA_DATA, INVALID_SIGNATURE */
  signers(header: Header): { readonly author: Address; readonly committers: readonly Address[] };
  /** This node's validator address. */
  readonly nodeAddress: Address;
  /** Candidates this node votes for or against in the blocks it proposes. */
  candidates(): ReadonlyMap<string, boolean>;
  propose(candidate: Address, authorize: boolean): void;
  discard(candidate: Address): void;
}

export interface SyncStatus {
  readonly syncing: boolean;
  readonly startingBlock: number;
  readonly currentBlock: number;
  readonly highestBlock: number;
}

/** Facts about this node for `admin_nodeInfo`, `net_*`, `web3_clientVersion`. */
export interface NodeIdentity {
  readonly clientVersion: string;
  readonly networkId: bigint;
  /** `enode://…@host:port?discport=0`. */
  readonly enode: string;
  /** keccak256 of the public key: the `id` of admin_nodeInfo, 64 hex digits. */
  readonly enodeId: string;
  readonly address: Address;
  readonly validates: boolean;
  /** Who is paid for blocks made here: the node under IBFT and QBFT, else the first account that it holds. */
  readonly etherbase: Address;
  /** Where the node keeps its files; `undefined` when it lives in memory. */
  readonly dataDir: string | undefined;
}

/** What a call that changes nothing may use up (`--rpc.gascap`, `--vm.calltimeout`). */
export interface CallLimits {
  /** Gas of any call, whatever it asks for; 0 for no limit. */
  readonly gasCap: bigint;
  /** Time that its code may run; 0 for no limit. */
  readonly timeoutMs: number;
}

/** GoQuorum's own. */
export const CALL_LIMITS: CallLimits = { gasCap: 25_000_000n, timeoutMs: 5000 };

/** Wei that the original asks for where gas has a price, unless told. */
export const GAS_PRICE = 1_000_000_000n;

/** What JSON-RPC handlers (`src/handlers`) are given: everything a running node can answer from. */
export interface NodeContext {
  readonly chain: ChainReader;
  readonly states: StateAccess;
  readonly database: StateDatabase;
  readonly evm: Evm;
  /** Author of a block by its engine: what the COINBASE opcode answers. @throws PROPOSER_SEAL_INVALID, EXTRA_INVALID */
  readonly author: (header: Header) => Address;
  /** Runs stored blocks once more, for tracers. */
  readonly replay: BlockReplay;
  /** Finds blocks by their logs over long chains. */
  readonly bloomIndex: BloomIndex;
  readonly pool: TransactionPool;
  readonly submitter: TransactionSubmitter;
  readonly validators: ValidatorReader;
  readonly host: NetworkHost;
  readonly identity: NodeIdentity;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Who shares which private state; absent on a node with one. */
  readonly groups: PrivateGroups | undefined;
  /** Private state of requests that name none. */
  readonly defaultPsi: string;
  /** Whether `eth_sendRawTransaction` takes transactions without EIP-155 protection. */
  readonly allowUnprotected: boolean;
  readonly callLimits: CallLimits;
  /** Wei that are suggested where gas has a price. */
  readonly gasPrice: bigint;
  /** `--raft.rpcseconds`: answers tell the times of Raft blocks in seconds. */
  readonly showsRaftSeconds: boolean;
  /** Bug for bug, or right (decision 7). */
  readonly profile: Profile;
  /** On a Raft chain on which this node takes part. */
  readonly raft: RaftCluster | undefined;
  syncStatus(): SyncStatus;
  /** Where consensus stands, and who is missing. */
  consensusStatus(): ConsensusStatus;
  /** Warnings that a person should see (weak quorum, private head waiting), newest last. */
  warnings(): readonly string[];
}
