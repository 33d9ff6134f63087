import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Random } from '@isoquorum/platform/random';
import { circuitRelayServer } from '@libp2p/circuit-relay-v2';
import { privateKeyFromRaw } from '@libp2p/crypto/keys';
import { identify } from '@libp2p/identify';
import type { ConnectionGater } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import type { Admission } from '../../admission/admission.ts';
import { hostToMultiaddr } from '../../admission/node-list.ts';
import type { NetworkHost } from '../../host.ts';
import type { ChainIdentity } from '../../session/chain-identity.ts';
import type { PeerNote } from '../../session/conduct.ts';
import type { NetworkLimits } from '../../session/limits.ts';
import { Reconnector } from '../../session/reconnector.ts';
import { createHostCore, type HostCore } from '../host-core.ts';
import { createLibp2pLogger } from '../logger.ts';
import { guardProtocols } from './guard.ts';
import { createGuestDesk, type GuestDesk } from './guests.ts';

export interface ListenAddress {
  /** IP address or name; `127.0.0.1`, `0.0.0.0`, `::1`. */
  readonly host: string;
  /** 0: any free port; see `multiaddrs()`. */
  readonly port: number;
}

export interface NodeHostOptions {
  /** 32-byte secp256k1 key: enode id, validator address and PeerId. */
  readonly nodeKey: Uint8Array;
  readonly listen: { readonly tcp?: ListenAddress; readonly ws?: ListenAddress };
  /** Multiaddrs told to others instead of those listened at. */
  readonly announce?: readonly string[];
  readonly chain: ChainIdentity;
  /** The host does not close it. */
  readonly admission: Admission;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly limits?: Partial<NetworkLimits>;
  /** How many guests at one time (8), and how long each may stay (10 s). */
  readonly guests?: { readonly maxGuests?: number; readonly stayMs?: number };
  /** First and longest delay between two dials of a static peer. */
  readonly reconnect?: { readonly firstDelayMs?: number; readonly maxDelayMs?: number };
}

export interface NodeHost extends NetworkHost {
  /** The latest faults of peers. */
  notes(): readonly PeerNote[];
}

/** Relayed connections between pages: the signalling of WebRTC, and what pages say when WebRTC fails. */
const relayDataLimit = 256n * 1024n * 1024n;
const relayDurationMs = 2 * 60 * 60 * 1000;

/** A node's host: TCP and WebSocket, noise, yamux, and a relay for its admitted browsers. Not started. */
export async function createNodeHost(options: NodeHostOptions): Promise<NodeHost> {
  const { admission, clock, logger } = options;
  const isAdmitted = (peerId: string): boolean => admission.identify(peerId) !== undefined;
  let core: HostCore | undefined;
  let guests: GuestDesk | undefined;

  const mayConnect = async (peerId: string): Promise<boolean> => {
    if (core?.sessions.isBanned(peerId) === true) return false;
    if (isAdmitted(peerId)) return true;
    await admission.refresh();
    return isAdmitted(peerId) || guests?.admits(peerId) === true;
  };
  const gater: ConnectionGater = {
    denyDialPeer: (peerId) => !isAdmitted(peerId.toString()),
    denyDialMultiaddr: () => false,
    denyOutboundEncryptedConnection: (peerId) => !isAdmitted(peerId.toString()),
    denyInboundEncryptedConnection: async (peerId) => {
      const denied = !(await mayConnect(peerId.toString()));
      if (denied) logger.log('info', 'refused a connection', { peer: peerId.toString() });
      return denied;
    },
    denyInboundRelayReservation: (source) => !isAdmitted(source.toString()),
    denyOutboundRelayedConnection: (source, destination) =>
      !isAdmitted(source.toString()) || !isAdmitted(destination.toString()),
    denyInboundRelayedConnection: () => true,
  };
  const { tcp: tcpListen, ws: wsListen } = options.listen;
  const listen: string[] = [];
  if (tcpListen !== undefined) listen.push(`${hostToMultiaddr(tcpListen.host)}/tcp/${tcpListen.port}`);
  if (wsListen !== undefined) listen.push(`${hostToMultiaddr(wsListen.host)}/tcp/${wsListen.port}/ws`);

  const libp2p = await createLibp2p({
    start: false,
    privateKey: privateKeyFromRaw(options.nodeKey),
    addresses: { listen, ...(options.announce === undefined ? {} : { announce: [...options.announce] }) },
    transports: [
      tcp({ dialOpts: { noDelay: true, keepAlive: true }, listenOpts: { noDelay: true, keepAlive: true } }),
      webSockets({ bufferedAmountPollInterval: 20 }),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: 4 * 1024 * 1024 } })],
    connectionGater: gater,
    connectionManager: {
      maxConnections: 1000,
      inboundConnectionThreshold: 100,
      maxIncomingPendingConnections: 64,
      reconnectRetries: 0,
      // No DNS look-ups of libp2p's own, which ask third parties.
      resolvers: {},
    },
    connectionMonitor: { pingInterval: 10_000, pingTimeout: { minTimeout: 15_000, maxTimeout: 60_000 } },
    services: {
      identify: identify(),
      ping: ping(),
      guard: guardProtocols((peerId) => isAdmitted(peerId)),
      relay: circuitRelayServer({
        reservations: {
          maxReservations: 1024,
          defaultDataLimit: relayDataLimit,
          defaultDurationLimit: relayDurationMs,
        },
      }),
    },
    logger: createLibp2pLogger(logger),
  });

  guests = createGuestDesk({ libp2p, admission, clock, logger, ...options.guests });
  core = createHostCore({
    libp2p,
    chain: options.chain,
    clock,
    logger,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    identify: (peerId) => admission.identify(peerId),
    guestConnected: (connection) => guests?.connected(connection),
  });
  const { sessions, host } = core;
  const reconnector = new Reconnector({
    selfId: host.peerId,
    clock,
    random: options.random,
    ...options.reconnect,
    staticPeers: () => admission.staticPeers(),
    isConnected: (peerId) => sessions.peer(peerId) !== undefined,
    dial: (peer) => host.dial(peer.multiaddrs[0] ?? ''),
    failed: (peer, error, nextDelayMs) =>
      logger.log('debug', 'static peer cannot be reached', { peer: peer.peerId, error: error.message, nextDelayMs }),
  });
  sessions.onPeer(({ type, peer }) => {
    if (type === 'connected') reconnector.peerConnected(peer.id);
    else reconnector.peerGone(peer.id);
  });
  /** Connections without a session (a handshake under way, a page that only relays) end too. */
  const closeUnlisted = (): void => {
    for (const connection of libp2p.getConnections()) {
      const peerId = connection.remotePeer.toString();
      if (isAdmitted(peerId) || sessions.peer(peerId) !== undefined || guests?.has(connection) === true) continue;
      connection.close().catch((error: unknown) => connection.abort(error as Error));
    }
  };
  let stopListening: () => void = () => {};

  return {
    ...host,
    multiaddrs: () => libp2p.getMultiaddrs().map(String),
    start: async () => {
      await guests?.start();
      await core?.start();
      stopListening = admission.onChange(() => {
        sessions.recheck();
        closeUnlisted();
        reconnector.update();
      });
      reconnector.start();
    },
    stop: async () => {
      stopListening();
      reconnector.stop();
      guests?.stop();
      await core?.stop();
    },
  };
}
