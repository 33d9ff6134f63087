import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Connection, Libp2p, Stream } from '@libp2p/interface';
import { multiaddr as parseMultiaddr } from '@multiformats/multiaddr';
import type { NetworkHost, Peer } from '../host.ts';
import { STATUS_PROTOCOL } from '../protocols.ts';
import type { ChainIdentity } from '../session/chain-identity.ts';
import type { PeerNote } from '../session/conduct.ts';
import { networkError } from '../session/errors.ts';
import { defaultLimits, type NetworkLimits } from '../session/limits.ts';
import type { Link } from '../session/link.ts';
import type { PeerIdentity } from '../session/session.ts';
import { Sessions } from '../session/sessions.ts';
import { createLibp2pLink, createLibp2pStream } from './link.ts';

export interface HostCoreOptions {
  readonly libp2p: Libp2p;
  readonly chain: ChainIdentity;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: Partial<NetworkLimits>;
  readonly identify: (peerId: string) => PeerIdentity | undefined;
  /** Someone connected whom `identify` does not know; closes the connection unless there is something for guests. */
  readonly guestConnected: (connection: Connection) => void;
}

/** What the hosts over libp2p share: sessions on its connections. */
export interface HostCore {
  readonly sessions: Sessions;
  /** Everything of {@link NetworkHost} but what platforms do each in their way. */
  readonly host: Omit<NetworkHost, 'start' | 'stop' | 'multiaddrs'> & { notes(): readonly PeerNote[] };
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Joins sessions to a libp2p node that is not started yet. */
export function createHostCore(options: HostCoreOptions): HostCore {
  const { libp2p, chain, clock, logger } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const links = new WeakMap<Connection, Link>();
  const openings = new WeakMap<Connection, Promise<Peer>>();
  const handled = new Set<string>();
  let state: 'new' | 'started' | 'stopped' = 'new';
  let starting: Promise<void> | undefined;

  const sessions = new Sessions({
    selfId: libp2p.peerId.toString(),
    chain,
    clock,
    logger,
    limits,
    identify: options.identify,
    protocolAdded: (protocol) => handle(protocol),
  });

  function linkOf(connection: Connection): Link {
    let link = links.get(connection);
    if (link === undefined) {
      link = createLibp2pLink(connection, limits.handshakeTimeoutMs);
      links.set(connection, link);
    }
    return link;
  }

  function handle(protocol: string): void {
    if (handled.has(protocol)) return;
    handled.add(protocol);
    const accept = (stream: Stream, connection: Connection): void => {
      sessions.acceptStream(linkOf(connection), createLibp2pStream(stream));
    };
    libp2p
      .handle(protocol, accept, { runOnLimitedConnection: true, maxInboundStreams: 4, maxOutboundStreams: 4 })
      .catch((error: unknown) => logger.log('error', 'protocol cannot be served', { protocol, error: String(error) }));
  }

  libp2p.addEventListener('connection:open', ({ detail: connection }) => {
    if (connection.direction !== 'inbound') return;
    if (options.identify(connection.remotePeer.toString()) === undefined) options.guestConnected(connection);
    // A guest that says its status hears NOT_ADMITTED.
    sessions.linkOpened(linkOf(connection));
  });
  libp2p.addEventListener('connection:close', ({ detail: connection }) => {
    const link = links.get(connection);
    if (link !== undefined) sessions.linkClosed(link);
  });

  /** A connection of the other end: its handshake is theirs to begin. */
  function waitForPeer(peerId: string): Promise<Peer> {
    return new Promise((resolve, reject) => {
      const known = sessions.peer(peerId);
      if (known !== undefined) {
        resolve(known);
        return;
      }
      const remove = sessions.onPeer(({ type, peer }) => {
        if (type !== 'connected' || peer.id !== peerId) return;
        finish();
        resolve(peer);
      });
      const cancel = clock.setTimer(limits.handshakeTimeoutMs, () => {
        finish();
        reject(networkError('HANDSHAKE_TIMEOUT', 'no status in time', { peerId }));
      });
      const finish = (): void => {
        remove();
        cancel();
      };
    });
  }

  async function dial(address: string, signal?: AbortSignal): Promise<Peer> {
    if (state !== 'started') throw networkError('HOST_STOPPED', 'host is not started');
    const target = address.slice(address.lastIndexOf('/p2p/') + '/p2p/'.length);
    const known = sessions.peer(target);
    if (known !== undefined && transportIsAsGood(known, address)) return known;
    let connection: Connection;
    try {
      const force = known !== undefined;
      connection = await libp2p.dial(parseMultiaddr(address), { force, ...(signal === undefined ? {} : { signal }) });
    } catch (cause) {
      const message = `${address} cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`;
      throw networkError('DIAL_FAILED', message, { multiaddr: address }, 'RETRY', cause);
    }
    if (connection.direction === 'inbound') return waitForPeer(connection.remotePeer.toString());
    let opening = openings.get(connection);
    if (opening === undefined) {
      opening = sessions.open(linkOf(connection));
      openings.set(connection, opening);
    }
    return opening;
  }

  return {
    sessions,
    host: {
      peerId: libp2p.peerId.toString(),
      dial,
      peers: () => sessions.peers(),
      blame: async (peerId, fault) => sessions.blame(peerId, fault),
      onPeer: (listener) => sessions.onPeer(listener),
      onFrame: (protocol, handler) => sessions.onFrame(protocol, handler),
      onRequest: (protocol, handler) => sessions.onRequest(protocol, handler),
      send: (peerId, protocol, frame) => sessions.send(peerId, protocol, frame),
      request: (peerId, protocol, request, requestOptions) =>
        sessions.request(peerId, protocol, request, requestOptions),
      setStatus: (head) => sessions.setStatus(head),
      notes: () => sessions.notes(),
    },
    start: async () => {
      if (state === 'new') {
        handle(STATUS_PROTOCOL);
        state = 'started';
        starting = Promise.resolve(libp2p.start());
      }
      await starting;
    },
    stop: async () => {
      if (state === 'stopped') return;
      state = 'stopped';
      sessions.stop();
      await libp2p.stop();
    },
  };
}

/** A relayed peer may be dialled again for a direct connection. */
function transportIsAsGood(known: Peer, address: string): boolean {
  return known.transport !== 'relay' || !address.includes('/webrtc');
}
