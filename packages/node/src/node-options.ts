import type { Evm } from '@isoquorum/execution/evm/port';
import type { NetworkHost } from '@isoquorum/network/host';
import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Random } from '@isoquorum/platform/random';
import type { Store } from '@isoquorum/platform/store';
import type { Genesis } from '@isoquorum/primitives/genesis/genesis';
import type { Q2tClient } from '@isoquorum/rpc/rest/q2t';
import type { AccessPolicy } from './access-policy.ts';
import type { GcMode } from './chain/pruner.ts';
import type { ConsensusInput } from './consensus-driver/driver.ts';
import type { CallLimits } from './node-context.ts';
import type { RaftOptions } from './raft/options.ts';
import type { RecoverSenders } from './pool/senders.ts';

/** `strict` refuses what GoQuorum accepts and should not; `goquorum` is bug for bug (decision 7). */
export type RulesProfile = 'strict' | 'goquorum';

/** A node over ports: the same function serves processes, simulations and tests. */
export interface NodeOptions {
  readonly genesis: Genesis;
  /** 32-byte secp256k1 key: enode id, validator address, PeerId (decision 9). */
  readonly nodeKey: Uint8Array;
  readonly store: Store;
  /** Not started yet; the node starts it when its handlers are in place. */
  readonly host: NetworkHost;
  readonly evm: Evm;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The transaction manager's client; absent: a stranger to every private transaction, and none can be sent. */
  readonly manager?: Q2tClient | undefined;
  /** Tells this manager from others (its URL): another one is asked for all payloads that blocks were executed without. */
  readonly managerName?: string | undefined;
  /** The manager is asked for them anew though it was asked before: it has got keys or payloads since, and cannot tell. */
  readonly asksManagerAgain?: boolean;
  readonly rules?: RulesProfile;
  /** 32-byte private keys of node-held accounts; development only. */
  readonly accountKeys?: readonly Uint8Array[];
  /** 32-byte key of the account that signs blocks of a Clique chain, where that is not the node key. */
  readonly signerKey?: Uint8Array | undefined;
  /** Wrap private transactions of node-held accounts in privacy markers where the chain has them (`--privacymarker.enable`). */
  readonly privacyMarkers?: boolean;
  /** Take part in consensus when listed as a validator (default true). */
  readonly validate?: boolean;
  /** PeerIds of the other nodes that lists name; the only validator of a chain waits for one of them before it signs without a record. None unless told. */
  readonly expectedPeers?: () => readonly string[];
  /** The operator knows that this validator has never signed: it need not wait for others when there is no record (ADR 016). */
  readonly neverSigned?: boolean;
  /** What `admin_nodeInfo` and enode texts say (default 127.0.0.1:30303). */
  readonly advertise?: {
    readonly host: string;
    readonly port: number;
    readonly libp2pPort?: number;
    readonly raftPort?: number;
  };
  /** Default: the chain id. */
  readonly networkId?: bigint;
  readonly clientVersion?: string;
  /** On a Raft chain: who this node is in the cluster. Without it the node follows. */
  readonly raft?: RaftOptions;
  /** At most 32 bytes, at the front of the extra data of blocks made here. */
  readonly extraVanity?: Uint8Array;
  readonly access?: AccessPolicy;
  readonly recoverSenders?: RecoverSenders;
  /** `archive` (unless told) keeps the states of all blocks, `full` those of the newest. */
  readonly gcMode?: GcMode;
  readonly dataDir?: string | undefined;
  readonly allowUnprotected?: boolean;
  /**
   * `--miner.gasprice`, wei, for chains on which gas has a price: what is suggested, what node-held accounts pay unless told, and the least that the
   * pool of a node that takes part in consensus takes from peers. 1 gwei unless told.
   */
  readonly gasPrice?: bigint;
  /** `--txpool.pricelimit`, wei: the least that the pool of a node that takes no part in consensus takes from peers; the gas price unless told. */
  readonly priceLimit?: bigint;
  /** What calls over RPC may use up; GoQuorum's limits unless told. */
  readonly callLimits?: CallLimits;
  /** Answers tell the times of Raft blocks in seconds, whatever the headers hold. */
  readonly showsRaftSeconds?: boolean;
  /** Sees every input of consensus, in order: enough to replay it. */
  readonly consensusLog?: (input: ConsensusInput) => void;
  /** Where a fatal fault goes (failed persist…); after it the node is stopped. */
  readonly onFatal?: (error: unknown) => void;
}
