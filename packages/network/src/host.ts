import type { Address } from '@isoquorum/primitives/bytes';
import type { StatusMessage } from './wire/status.ts';

/** How a peer takes part: a node of the network, or an admitted browser. */
export type PeerRole = 'node' | 'browser';

/** A connected, admitted peer whose status (genesis, fork id, version) has been checked. */
export interface Peer {
  /** libp2p PeerId as text. */
  readonly id: string;
  readonly role: PeerRole;
  /** The node's Ethereum address (from its secp256k1 identity); absent for browsers. */
  readonly address: Address | undefined;
  /** Name from the permission file, if any. */
  readonly name: string | undefined;
  readonly direction: 'inbound' | 'outbound';
  readonly transport: 'tcp' | 'ws' | 'webrtc' | 'relay' | 'memory';
  readonly multiaddr: string;
  readonly status: StatusMessage;
}

export type PeerEvent = { readonly type: 'connected' | 'disconnected'; readonly peer: Peer };

/** What a request handler or a frame handler throws as a coded error goes back to the peer as that code. */
export type FrameHandler = (peer: Peer, frame: Uint8Array) => void | Promise<void>;
export type RequestHandler = (peer: Peer, request: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>;

/** What shows a peer at fault after its frame has been taken (frame handlers throw instead). A grave fault bans it at once. */
export interface PeerFault {
  readonly code: string;
  readonly message: string;
  readonly isGrave: boolean;
}

export interface RequestOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * The network as the compositions see it: admitted peers, one-way frames on one long-lived stream per protocol and peer, and
 * requests with answers. Implemented over libp2p (Node, browser window), over a MessagePort (the page's Worker) and in memory.
 */
export interface NetworkHost {
  readonly peerId: string;
  multiaddrs(): readonly string[];
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Connects, checks admission and status; resolves when the peer is usable. */
  dial(multiaddr: string, signal?: AbortSignal): Promise<Peer>;
  peers(): readonly Peer[];
  /** Counts a fault against a peer: too many, or a grave one, close its connections and keep it away for a while. */
  blame(peerId: string, fault: PeerFault): Promise<void>;
  /** Returns a function that removes the listener. */
  onPeer(listener: (event: PeerEvent) => void): () => void;
  onFrame(protocol: string, handler: FrameHandler): void;
  onRequest(protocol: string, handler: RequestHandler): void;
  /** Queues a frame; rejects with QUEUE_FULL, PEER_GONE, FRAME_TOO_LARGE. Frames of one protocol keep their order. */
  send(peerId: string, protocol: string, frame: Uint8Array): Promise<void>;
  request(peerId: string, protocol: string, request: Uint8Array, options?: RequestOptions): Promise<Uint8Array>;
  /** Sets the head that new status messages carry. */
  setStatus(head: { readonly number: number; readonly hash: Uint8Array }): void;
}
