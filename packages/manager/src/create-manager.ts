import type { Clock } from '@isoquorum/platform/clock';
import type { HttpClient, HttpHandler } from '@isoquorum/platform/http';
import type { Logger } from '@isoquorum/platform/logger';
import type { Random } from '@isoquorum/platform/random';
import type { Store } from '@isoquorum/platform/store';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import type { Enclave } from '@isoquorum/privacy/enclave/enclave';
import type { TransactionManager } from '@isoquorum/privacy/manager/transaction-manager';
import type { Q2tClient } from '@isoquorum/rpc/rest/q2t';

/** Where a server listens: loopback TCP, or a unix socket (then Q2T is as private as the file's permissions). */
export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** Serves a handler; `platform/node/http-server` in processes, a table of handlers in simulations. */
export type Listen = (
  handler: HttpHandler,
  address: ListenAddress,
  limits: { readonly maxBodyBytes: number; readonly name: string },
) => Promise<{ readonly url: string; close(): Promise<void> }>;

export interface ManagerOptions {
  readonly enclave: Enclave;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly http: HttpClient;
  readonly listen: Listen;
  /** Q2T: loopback or a unix socket only. */
  readonly q2t: ListenAddress;
  readonly p2p: ListenAddress;
  readonly thirdParty?: ListenAddress;
  /** Base URL under which peers reach the P2P server; default `http://host:port/` of the P2P listener. */
  readonly advertisedUrl?: string;
  /** P2P URLs of known managers. */
  readonly peers: readonly string[];
  /** Genesis of the chain, for party statements; default: learned from the first node that registers its statement. */
  readonly genesisHash?: Hash32;
  /** `tessera-1.0` reproduces the recorded version; default `tessera-24.4`. */
  readonly profile?: 'tessera-24.4' | 'tessera-1.0';
  /** Accept and send privacy flags 1 to 3 (Tessera's `enablePrivacyEnhancements`). Default false. */
  readonly privacyEnhancements?: boolean;
  /** Challenge each key in `/partyinfo` (Tessera's `enableRemoteKeyValidation`). Default false. */
  readonly remoteKeyValidation?: boolean;
  /** Only configured peers may announce themselves. Default false. */
  readonly disablePeerDiscovery?: boolean;
  /** Default 5,000. */
  readonly partyInfoIntervalMs?: number;
  /** Answered by `/version`. */
  readonly version?: string;
  /** Origins that may read the third-party server from a page; default none. */
  readonly corsOrigins?: readonly string[];
  /** Largest payload of a client or peer; default 16 MiB. */
  readonly maxPayloadBytes?: number;
}

export interface RunningManager {
  /** The manager's own functions, for a node in the same process. */
  readonly manager: TransactionManager;
  /** The same through the client interface that a node uses over HTTP. */
  readonly q2t: Q2tClient;
  readonly urls: { readonly q2t: string; readonly p2p: string; readonly thirdParty: string | undefined };
  /** Stops loops, refuses new requests, lets running ones finish (at most 5 s), closes listeners; then closes the store. Safe to call twice. */
  stop(): Promise<void>;
}
