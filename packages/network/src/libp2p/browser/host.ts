import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Random } from '@isoquorum/platform/random';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { peerIdToPublicKey } from '@isoquorum/primitives/node-key';
import { publicKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { identify } from '@libp2p/identify';
import type { ConnectionGater, PeerId, Transport } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { peerIdFromString } from '@libp2p/peer-id';
import { ping } from '@libp2p/ping';
import { webRTC } from '@libp2p/webrtc';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import type { RedeemedInvitation } from '../../admission/admission.ts';
import { isBrowserPeerId } from '../../admission/browser-list.ts';
import type { Invitation } from '../../admission/invitation.ts';
import type { NetworkHost, Peer } from '../../host.ts';
import type { ChainIdentity } from '../../session/chain-identity.ts';
import type { PeerNote } from '../../session/conduct.ts';
import { networkError } from '../../session/errors.ts';
import type { NetworkLimits } from '../../session/limits.ts';
import { Reconnector, type StaticPeer } from '../../session/reconnector.ts';
import type { PeerIdentity } from '../../session/session.ts';
import { createHostCore } from '../host-core.ts';
import { createLibp2pLogger } from '../logger.ts';
import type { BrowserIdentity } from './identity.ts';
import { createPrivateKey } from './private-key.ts';
import { redeemInvitation } from './redeem.ts';

export interface BrowserHostOptions {
  readonly identity: BrowserIdentity;
  /** With role `browser`. */
  readonly chain: ChainIdentity;
  /** WebSocket multiaddrs of validators with `/p2p/<PeerId>`: dialled, kept, and used as relays to other pages. */
  readonly validators: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly limits?: Partial<NetworkLimits>;
  /** Whether another page may connect; any page that our validators relay unless told. */
  readonly admitsPage?: (peerId: string) => boolean;
  /** A validator could not be reached, with our coded reason (NOT_ADMITTED: this page is on no list). */
  readonly onDialFailed?: (peerId: string, error: Error) => void;
  readonly reconnect?: { readonly firstDelayMs?: number; readonly maxDelayMs?: number };
}

/** The host of a page. WebRTC exists only in a window, so this runs there; `bridge/` brings it to a Worker. */
export interface BrowserHost extends NetworkHost {
  /** Redeems an invitation at its issuer; call it before `start`. @throws DIAL_FAILED and the issuer's refusal */
  redeem(invitation: Invitation): Promise<RedeemedInvitation>;
  /** Connects to another page through a validator that both use: directly by WebRTC, else relayed. `transport` of the peer says which. */
  dialPage(peerId: string): Promise<Peer>;
  /** Called when a peer came, went, or goes on over another connection (relayed, then direct). */
  onPeersChanged(listener: () => void): () => void;
  notes(): readonly PeerNote[];
}

/** Time for WebRTC to find a way before the relay is used. */
const directTimeoutMs = 10_000;

interface RelayTransport extends Transport {
  readonly reservationStore: { addRelay(peerId: PeerId, type: 'configured'): Promise<unknown> };
}

/** Not started. */
export async function createBrowserHost(options: BrowserHostOptions): Promise<BrowserHost> {
  const { clock, logger, identity } = options;
  const validators = groupByPeer(options.validators);
  const isValidator = (peerId: string): boolean => validators.has(peerId);
  const admitsPage = (peerId: string): boolean =>
    isBrowserPeerId(peerId) && peerId !== identity.peerId && (options.admitsPage?.(peerId) ?? true);
  const isKnown = (peerId: string): boolean => isValidator(peerId) || admitsPage(peerId);
  const gater: ConnectionGater = {
    denyDialPeer: (peerId) => !isKnown(peerId.toString()),
    denyDialMultiaddr: () => false,
    denyOutboundEncryptedConnection: (peerId) => !isKnown(peerId.toString()),
    denyInboundEncryptedConnection: (peerId) => !admitsPage(peerId.toString()),
    denyInboundRelayedConnection: (relay, remote) => !isValidator(relay.toString()) || !admitsPage(remote.toString()),
    denyInboundRelayReservation: () => true,
  };
  let relayTransport: RelayTransport | undefined;
  const createRelayTransport = circuitRelayTransport();
  const libp2p = await createLibp2p({
    start: false,
    privateKey: createPrivateKey(identity),
    addresses: { listen: [] },
    transports: [
      webSockets(),
      (components) => {
        relayTransport = createRelayTransport(components) as RelayTransport;
        return relayTransport;
      },
      webRTC({ rtcConfiguration: { iceServers: [] } }),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: 4 * 1024 * 1024 } })],
    connectionGater: gater,
    // No DNS look-ups of libp2p's own, which ask third parties.
    connectionManager: { reconnectRetries: 0, resolvers: {} },
    connectionMonitor: { pingInterval: 10_000, pingTimeout: { minTimeout: 15_000, maxTimeout: 60_000 } },
    services: { identify: identify(), ping: ping() },
    logger: createLibp2pLogger(logger),
  });
  const core = createHostCore({
    libp2p,
    chain: options.chain,
    clock,
    logger,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    identify: (peerId): PeerIdentity | undefined => {
      if (isValidator(peerId)) {
        const address = publicKeyToAddress(peerIdToPublicKey(peerId).publicKey);
        return { role: 'node', name: undefined, address };
      }
      return admitsPage(peerId) ? { role: 'browser', name: undefined, address: undefined } : undefined;
    },
    guestConnected: (connection) => connection.abort(networkError('NOT_ADMITTED', 'not on the list')),
  });
  const { sessions, host } = core;
  const dialValidator = async (peer: StaticPeer): Promise<Peer> => {
    let lastError: unknown;
    for (const address of peer.multiaddrs) {
      try {
        return await host.dial(address);
      } catch (error) {
        lastError = error;
      }
    }
    throw lastError;
  };
  const reconnector = new Reconnector({
    selfId: host.peerId,
    clock,
    random: options.random,
    // The other end never dials a page: there is nobody to wait for.
    dialsAtOnce: true,
    ...options.reconnect,
    staticPeers: () => [...validators.values()],
    isConnected: (peerId) => sessions.peer(peerId) !== undefined,
    dial: dialValidator,
    failed: (peer, error) => {
      logger.log('debug', 'validator cannot be reached', { peer: peer.peerId, error: error.message });
      options.onDialFailed?.(peer.peerId, error);
    },
  });
  /** Other pages reach us through this validator from now on. */
  const reserve = (peerId: string): void => {
    relayTransport?.reservationStore
      .addRelay(peerIdFromString(peerId), 'configured')
      .catch((error: unknown) =>
        logger.log('warn', 'validator gives no relay reservation', { peer: peerId, error: String(error) }),
      );
  };
  sessions.onPeer(({ type, peer }) => {
    if (type === 'disconnected') {
      reconnector.peerGone(peer.id);
      return;
    }
    reconnector.peerConnected(peer.id);
    if (isValidator(peer.id)) reserve(peer.id);
  });

  async function dialPage(peerId: string): Promise<Peer> {
    if (!admitsPage(peerId)) throw networkError('NOT_ADMITTED', 'no page that may connect', { peerId }, 'REJECT');
    const known = sessions.peer(peerId);
    if (known !== undefined && known.transport !== 'relay') return known;
    const relays = sessions.peers().filter(({ id }) => isValidator(id));
    let lastError: Error = networkError('DIAL_FAILED', 'no validator to relay', { peerId });
    for (const suffix of ['/webrtc', '']) {
      if (suffix === '' && known !== undefined) return known;
      for (const relay of relays) {
        try {
          return await host.dial(
            `${relay.multiaddr}/p2p-circuit${suffix}/p2p/${peerId}`,
            AbortSignal.timeout(directTimeoutMs),
          );
        } catch (error) {
          if (!(error instanceof IsoquorumError)) throw error;
          logger.log('debug', 'page cannot be reached', {
            peer: peerId,
            relay: relay.id,
            direct: suffix !== '',
            error: error.message,
          });
          lastError = error;
        }
      }
    }
    throw lastError;
  }

  return {
    ...host,
    multiaddrs: () =>
      sessions
        .peers()
        .filter(({ id }) => isValidator(id))
        .map(({ multiaddr }) => `${multiaddr}/p2p-circuit/webrtc/p2p/${host.peerId}`),
    redeem: async (invitation) => {
      await core.start();
      return redeemInvitation(libp2p, clock, invitation);
    },
    dialPage,
    onPeersChanged: (listener) => sessions.onPeersChanged(listener),
    start: async () => {
      await core.start();
      reconnector.start();
    },
    stop: async () => {
      reconnector.stop();
      await core.stop();
    },
  };
}

function groupByPeer(multiaddrs: readonly string[]): Map<string, StaticPeer> {
  const groups = new Map<string, StaticPeer>();
  for (const multiaddr of multiaddrs) {
    const peerId = multiaddr.slice(multiaddr.lastIndexOf('/p2p/') + '/p2p/'.length);
    groups.set(peerId, { peerId, multiaddrs: [...(groups.get(peerId)?.multiaddrs ?? []), multiaddr] });
  }
  return groups;
}
