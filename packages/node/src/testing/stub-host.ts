import type { FrameHandler, NetworkHost, Peer, PeerEvent, PeerFault, RequestHandler } from '@isoquorum/network/host';
import { IsoquorumError } from '@isoquorum/primitives/errors';

/** A host without a network: what the node registers can be called, what it sends can be read. */
export interface StubHost extends NetworkHost {
  readonly sent: { readonly peerId: string; readonly protocol: string; readonly frame: Uint8Array }[];
  readonly blamed: (PeerFault & { readonly peerId: string })[];
  readonly requested: { readonly peerId: string; readonly request: Uint8Array }[];
  /** How requests of the node are answered. */
  answer: (peerId: string, protocol: string, request: Uint8Array) => Promise<Uint8Array>;
  connect(peer: Peer): void;
  leave(peer: Peer): void;
  frame(peer: Peer, protocol: string, frame: Uint8Array): Promise<void>;
  ask(peer: Peer, protocol: string, request: Uint8Array): Promise<Uint8Array>;
}

export function stubPeer(id: string, overrides: Partial<Peer> = {}): Peer {
  return {
    id,
    role: 'node',
    address: undefined,
    name: undefined,
    direction: 'inbound',
    transport: 'memory',
    multiaddr: `/memory/${id}`,
    status: {
      version: 1,
      networkId: 1337n,
      genesisHash: new Uint8Array(32),
      forkHash: new Uint8Array(4),
      forkNext: 0,
      role: overrides.role ?? 'node',
      headNumber: 0,
      headHash: new Uint8Array(32),
      client: 'stub',
    },
    ...overrides,
  };
}

export function createStubHost(): StubHost {
  const frames = new Map<string, FrameHandler>();
  const requests = new Map<string, RequestHandler>();
  const listeners = new Set<(event: PeerEvent) => void>();
  const connected = new Map<string, Peer>();
  const host: StubHost = {
    peerId: 'stub',
    sent: [],
    blamed: [],
    requested: [],
    answer: () => Promise.reject(new IsoquorumError('REQUEST_TIMEOUT', 'no answer', {}, 'RETRY')),
    connect(peer) {
      connected.set(peer.id, peer);
      for (const listener of listeners) listener({ type: 'connected', peer });
    },
    leave(peer) {
      connected.delete(peer.id);
      for (const listener of listeners) listener({ type: 'disconnected', peer });
    },
    async frame(peer, protocol, frame) {
      await frames.get(protocol)!(peer, frame);
    },
    ask: (peer, protocol, request) => requests.get(protocol)!(peer, request, new AbortController().signal),
    multiaddrs: () => [],
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    dial: () => Promise.reject(new Error('no network')),
    peers: () => [...connected.values()],
    blame: (peerId, fault) => {
      host.blamed.push({ peerId, ...fault });
      return Promise.resolve();
    },
    onPeer(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onFrame: (protocol, handler) => void frames.set(protocol, handler),
    onRequest: (protocol, handler) => void requests.set(protocol, handler),
    send(peerId, protocol, frame) {
      host.sent.push({ peerId, protocol, frame });
      return Promise.resolve();
    },
    request(peerId, protocol, request) {
      host.requested.push({ peerId, request });
      return host.answer(peerId, protocol, request);
    },
    setStatus: () => undefined,
  };
  return host;
}
