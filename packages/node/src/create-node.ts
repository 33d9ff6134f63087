import type { Address } from '@isoquorum/primitives/bytes';
import type { Genesis } from '@isoquorum/primitives/genesis/genesis';
import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Random } from '@isoquorum/platform/random';
import type { Store } from '@isoquorum/platform/store';
import type { NetworkHost } from '@isoquorum/network/host';
import type { NodeContext } from './node-context.ts';

/** `strict` refuses what GoQuorum accepts and should not; `goquorum` is bug for bug (decision 7). */
export type RulesProfile = 'strict' | 'goquorum';

/** A node over ports: the same function serves processes, simulations and tests. */
export interface NodeOptions {
  readonly genesis: Genesis;
  /** 32-byte secp256k1 key: enode id, validator address, PeerId (decision 9). */
  readonly nodeKey: Uint8Array;
  readonly store: Store;
  readonly host: NetworkHost;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The transaction manager's client; absent: every private transaction is one of strangers, none can be sent. */
  readonly manager: ManagerClient | undefined;
  readonly rules?: RulesProfile;
  /** 32-byte private keys of node-held accounts; development only. */
  readonly accountKeys?: readonly Uint8Array[];
  /** Take part in consensus when listed as a validator (default true). */
  readonly validate?: boolean;
  /** What `admin_nodeInfo` and enode texts say: host and devp2p port (default 127.0.0.1:30303). */
  readonly advertise?: { readonly host: string; readonly port: number };
  readonly networkId?: bigint;
  readonly clientVersion?: string;
  readonly extraVanity?: Uint8Array;
  /** Where a fatal fault goes (failed persist…); after it the node is stopped. */
  readonly onFatal?: (error: unknown) => void;
}

/** The node's view of its transaction manager; `rpc/rest`'s Q2T client over HTTP, or a manager in the same process. */
export interface ManagerClient {
  readonly placeholder?: never;
}

export interface RunningNode {
  readonly context: NodeContext;
  readonly address: Address;
  /** Stops consensus, network and timers, flushes the journal, closes the store. Safe to call twice. */
  stop(): Promise<void>;
  /** Resolves when the node has stopped, with the fatal error if there was one. */
  readonly stopped: Promise<unknown>;
}
