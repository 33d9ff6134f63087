import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Random } from '@isoquorum/platform/random';
import type { NetworkHost } from '../host.ts';
import { STATUS_PROTOCOL } from '../protocols.ts';
import type { ChainIdentity } from '../session/chain-identity.ts';
import type { PeerNote } from '../session/conduct.ts';
import { networkError } from '../session/errors.ts';
import { defaultLimits, type NetworkLimits } from '../session/limits.ts';
import type { Link } from '../session/link.ts';
import { Reconnector } from '../session/reconnector.ts';
import type { PeerIdentity } from '../session/session.ts';
import { Sessions } from '../session/sessions.ts';
import type { MemoryPort } from './port.ts';

export interface MemoryHostOptions {
  /** Any text without spaces; nodes that are to be ordered as in a real network use real PeerIds. */
  readonly peerId: string;
  readonly chain: ChainIdentity;
  /** Who a peer is; undefined: not admitted. */
  readonly identify: (peerId: string) => PeerIdentity | undefined;
  /** Peers that this host dials and keeps. */
  readonly staticPeers?: readonly string[];
  readonly random?: Random;
  readonly logger?: Logger;
  readonly limits?: Partial<NetworkLimits>;
}

export interface MemoryHost extends NetworkHost {
  notes(): readonly PeerNote[];
  /** The lists changed: closes peers that `identify` no longer knows. */
  recheck(): void;
}

/** How a host reaches the network that made it. */
export interface MemoryPlug {
  readonly clock: Clock;
  plug(port: MemoryPort): void;
  unplug(peerId: string): void;
  /** @throws DIAL_FAILED */
  connect(from: MemoryPort, multiaddr: string): Promise<Link>;
}

const silent: Logger = { log: () => {}, child: () => silent };
const evenRandom: Random = { bytes: (length) => new Uint8Array(length).fill(128) };

/** A host of {@link createMemoryNetwork}. */
export function createMemoryHost(options: MemoryHostOptions, plug: MemoryPlug): MemoryHost {
  const { peerId, chain } = options;
  const { clock } = plug;
  const protocols = new Set([STATUS_PROTOCOL]);
  let started = false;
  const sessions = new Sessions({
    selfId: peerId,
    chain,
    clock,
    logger: options.logger ?? silent,
    limits: { ...defaultLimits, ...options.limits },
    identify: options.identify,
    protocolAdded: (protocol) => protocols.add(protocol),
  });
  const port: MemoryPort = {
    peerId,
    linkOpened: (link) => sessions.linkOpened(link),
    acceptStream: (link, stream) => sessions.acceptStream(link, stream),
    linkClosed: (link, error) => sessions.linkClosed(link, error),
    serves: (protocol) => protocols.has(protocol),
  };
  const dial: NetworkHost['dial'] = async (multiaddr) => {
    if (!started) throw networkError('HOST_STOPPED', 'host is not started');
    const known = sessions.peer(multiaddr.slice(multiaddr.lastIndexOf('/') + 1));
    return known ?? (await sessions.open(await plug.connect(port, multiaddr)));
  };
  const reconnector = new Reconnector({
    selfId: peerId,
    clock,
    random: options.random ?? evenRandom,
    staticPeers: () => (options.staticPeers ?? []).map((id) => ({ peerId: id, multiaddrs: [`/memory/${id}`] })),
    isConnected: (id) => sessions.peer(id) !== undefined,
    dial: (peer) => dial(peer.multiaddrs[0] as string),
    failed: () => {},
  });
  sessions.onPeer(({ type, peer }) => {
    if (type === 'connected') reconnector.peerConnected(peer.id);
    else reconnector.peerGone(peer.id);
  });
  return {
    peerId,
    multiaddrs: () => [`/memory/${peerId}`],
    start: async () => {
      started = true;
      plug.plug(port);
      reconnector.start();
    },
    stop: async () => {
      started = false;
      reconnector.stop();
      sessions.stop();
      plug.unplug(peerId);
    },
    dial,
    peers: () => sessions.peers(),
    blame: async (id, fault) => sessions.blame(id, fault),
    onPeer: (listener) => sessions.onPeer(listener),
    onFrame: (protocol, handler) => sessions.onFrame(protocol, handler),
    onRequest: (protocol, handler) => sessions.onRequest(protocol, handler),
    send: (id, protocol, frame) => sessions.send(id, protocol, frame),
    request: (id, protocol, request, requestOptions) => sessions.request(id, protocol, request, requestOptions),
    setStatus: (head) => sessions.setStatus(head),
    notes: () => sessions.notes(),
    recheck: () => sessions.recheck(),
  };
}
