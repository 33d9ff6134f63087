import type { Method } from '../method.ts';
import { json, textResult } from '../results.ts';

/** What `admin_nodeInfo` gives. */
export interface NodeInfoJson {
  readonly id: string;
  readonly name: string;
  readonly enode: string;
  readonly ip: string;
  readonly ports: { readonly discovery: number; readonly listener: number };
  readonly listenAddr: string;
  readonly protocols: Readonly<Record<string, unknown>>;
  readonly plugins: Readonly<Record<string, unknown>>;
  /** Addresses at which libp2p listens: ours, not GoQuorum's. */
  readonly multiaddrs: readonly string[];
  /** What a person should know: a weak quorum, a private state that waits. Ours, not GoQuorum's. */
  readonly warnings: readonly string[];
}

/** One entry of `admin_peers`. */
export interface PeerInfoJson {
  readonly enode: string;
  readonly id: string;
  readonly name: string;
  readonly caps: readonly string[];
  readonly network: {
    readonly localAddress: string;
    readonly remoteAddress: string;
    readonly inbound: boolean;
    readonly trusted: boolean;
    readonly static: boolean;
  };
  readonly protocols: Readonly<Record<string, unknown>>;
}

/** The node itself and its connections. */
export interface AdminMethods {
  readonly admin_nodeInfo: Method<[], NodeInfoJson>;
  readonly admin_peers: Method<[], readonly PeerInfoJson[]>;
  readonly admin_datadir: Method<[], string>;
}

export const adminMethods: AdminMethods = {
  admin_nodeInfo: { doc: 'Identity, addresses and chain of this node.', params: [], result: json('node') },
  admin_peers: { doc: 'Connected nodes and browsers.', params: [], result: json('list of peers') },
  admin_datadir: { doc: 'Directory of this node’s data.', params: [], result: textResult },
};
