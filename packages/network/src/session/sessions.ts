import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import { type IsoquorumError, isIsoquorumError } from '@isoquorum/primitives/errors';
import type { FrameHandler, Peer, PeerEvent, PeerFault, RequestHandler, RequestOptions } from '../host.ts';
import { CONSENSUS_PROTOCOL, STATUS_PROTOCOL } from '../protocols.ts';
import { checkStatus, createStatus, type ChainIdentity, type StatusHead } from './chain-identity.ts';
import { Conduct, type PeerNote } from './conduct.ts';
import { networkError } from './errors.ts';
import { runHandshake } from './handshake.ts';
import type { NetworkLimits } from './limits.ts';
import type { ByteStream, Link } from './link.ts';
import { closeDelayMs, Session, type PeerIdentity, type SessionContext } from './session.ts';

export interface SessionsOptions {
  readonly selfId: string;
  readonly chain: ChainIdentity;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: NetworkLimits;
  /** Who an authenticated PeerId is; undefined when it may not take part. Asked at each handshake and by {@link Sessions.recheck}. */
  readonly identify: (peerId: string) => PeerIdentity | undefined;
  /** A first handler for this protocol was set: the transport should accept its streams. */
  readonly protocolAdded: (protocol: string) => void;
}

/** A connection whose handshake is not done; streams that the peer opened already wait. */
interface NewLink {
  readonly held: ByteStream[];
  cancel: () => void;
}

const maxHeldStreams = 16;

/** Peers over the connections that a transport brings: handshake, routing of streams, faults. The same for every kind of host. */
export class Sessions {
  private readonly options: SessionsOptions;
  private readonly context: SessionContext;
  private readonly conduct: Conduct;
  private readonly sessions = new Map<string, Session>();
  private readonly newLinks = new Map<Link, NewLink>();
  private readonly frameHandlers = new Map<string, FrameHandler>();
  private readonly requestHandlers = new Map<string, RequestHandler>();
  private readonly listeners = new Set<(event: PeerEvent) => void>();
  private readonly changeListeners = new Set<() => void>();
  private head: StatusHead;
  private stopped = false;

  constructor(options: SessionsOptions) {
    this.options = options;
    this.head = { number: 0, hash: options.chain.genesisHash };
    this.conduct = new Conduct(options.clock, options.limits);
    const { logger } = options;
    this.context = {
      selfId: options.selfId,
      clock: options.clock,
      limits: options.limits,
      frameHandler: (protocol) => this.frameHandlers.get(protocol),
      requestHandler: (protocol) => this.requestHandlers.get(protocol),
      // One-way protocols that we serve ourselves are those that we speak; only consensus must not wait for a negotiation.
      eagerProtocols: () => (this.frameHandlers.has(CONSENSUS_PROTOCOL) ? [CONSENSUS_PROTOCOL] : []),
      handlerFailed: (session, protocol, error) => this.handlerFailed(session, protocol, error),
      frameRefused: (session, protocol, error) =>
        logger.log('debug', 'peer refused a frame', { peer: session.peer.id, protocol, error: error.message }),
      violated: (session, error) => this.violated(session.peer.id, error),
      closed: (session) => this.sessionClosed(session),
    };
  }

  // --- what hosts offer -------------------------------------------------------------------------------------------

  peers(): readonly Peer[] {
    return [...this.sessions.values()].map((session) => session.peer);
  }

  peer(peerId: string): Peer | undefined {
    return this.sessions.get(peerId)?.peer;
  }

  notes(): readonly PeerNote[] {
    return this.conduct.notes();
  }

  onPeer(listener: (event: PeerEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Called when a peer came, went, or goes on over another connection. */
  onPeersChanged(listener: () => void): () => void {
    this.changeListeners.add(listener);
    return () => this.changeListeners.delete(listener);
  }

  onFrame(protocol: string, handler: FrameHandler): void {
    this.frameHandlers.set(protocol, handler);
    this.options.protocolAdded(protocol);
  }

  onRequest(protocol: string, handler: RequestHandler): void {
    this.requestHandlers.set(protocol, handler);
    this.options.protocolAdded(protocol);
  }

  async send(peerId: string, protocol: string, frame: Uint8Array): Promise<void> {
    this.session(peerId).send(protocol, frame);
  }

  async request(
    peerId: string,
    protocol: string,
    request: Uint8Array,
    options: RequestOptions = {},
  ): Promise<Uint8Array> {
    return this.session(peerId).request(protocol, request, options);
  }

  setStatus(head: StatusHead): void {
    this.head = head;
  }

  blame(peerId: string, { code, message, isGrave }: PeerFault): void {
    this.count(peerId, code, message, isGrave ? this.options.limits.faultLimit : 1);
  }

  /** Says goodbye to all; the transport then closes its connections. */
  stop(): void {
    this.stopped = true;
    const reason = networkError('HOST_STOPPED', 'host is stopping');
    for (const session of this.sessions.values()) session.close(reason);
    for (const link of this.newLinks.keys()) this.linkClosed(link, reason);
  }

  /** Asks the lists again about every peer and closes those that may no longer take part. */
  recheck(): void {
    for (const session of this.sessions.values()) {
      if (this.options.identify(session.peer.id) !== undefined) continue;
      this.options.logger.log('info', 'peer is no longer admitted', { peer: session.peer.id });
      session.close(networkError('NOT_ADMITTED', 'no longer on the list', {}, 'REJECT'));
    }
  }

  // --- what transports report -------------------------------------------------------------------------------------

  /** A peer connected to us: it has `handshakeTimeoutMs` to say its status. */
  linkOpened(link: Link): void {
    const { clock, limits } = this.options;
    const cancel = clock.setTimer(limits.handshakeTimeoutMs, () => {
      this.newLinks.delete(link);
      link.close();
    });
    this.newLinks.set(link, { held: [], cancel });
  }

  /** Runs the handshake on a connection that we opened. @throws the refusal of either end, HANDSHAKE_TIMEOUT, PEER_GONE */
  async open(link: Link): Promise<Peer> {
    this.linkOpened(link);
    try {
      return await this.handshake(link, await link.openStream(STATUS_PROTOCOL));
    } catch (error) {
      this.linkClosed(link, error as Error);
      this.closeSoon(link);
      throw error;
    }
  }

  /** The peer opened a stream. */
  acceptStream(link: Link, stream: ByteStream): void {
    const newLink = this.newLinks.get(link);
    const session = this.sessions.get(link.peerId);
    if (stream.protocol === STATUS_PROTOCOL) {
      if (newLink === undefined || link.initiator) {
        stream.abort(networkError('PROTOCOL_VIOLATION', 'second status stream', {}, 'REJECT'));
        return;
      }
      this.handshake(link, stream).catch((error: Error) => {
        this.options.logger.log('debug', 'handshake failed', { peer: link.peerId, error: error.message });
        if (isMalformed(error)) this.conduct.note(link.peerId, error.code, error.message, 10);
        this.linkClosed(link, error);
        this.closeSoon(link);
      });
    } else if (newLink !== undefined) {
      if (this.options.identify(link.peerId) === undefined)
        stream.abort(networkError('NOT_ADMITTED', 'not on the list', { peerId: link.peerId }, 'REJECT'));
      else if (newLink.held.length < maxHeldStreams) newLink.held.push(stream);
      else stream.abort(networkError('PROTOCOL_VIOLATION', 'streams before the handshake', {}, 'REJECT'));
    } else if (session?.has(link) === true) {
      session.serve(link, stream);
    } else {
      stream.abort(networkError('PEER_GONE', 'connection is closing'));
    }
  }

  /** The connection is gone. */
  linkClosed(link: Link, error?: Error): void {
    const reason =
      error !== undefined && isIsoquorumError(error)
        ? error
        : networkError('PEER_GONE', 'connection is gone', { peerId: link.peerId }, 'RETRY', error);
    const newLink = this.newLinks.get(link);
    if (newLink !== undefined) {
      this.newLinks.delete(link);
      newLink.cancel();
      for (const stream of newLink.held) stream.abort(reason);
    }
    this.sessions.get(link.peerId)?.linkClosed(link, reason);
  }

  /** Counts a fault of a peer that is not connected (guests, refused dials). */
  note(peerId: string, code: string, message: string, points: number): void {
    this.conduct.note(peerId, code, message, points);
  }

  isBanned(peerId: string): boolean {
    return this.conduct.bannedUntilMs(peerId) !== undefined;
  }

  // --- inside -----------------------------------------------------------------------------------------------------

  private async handshake(link: Link, stream: ByteStream): Promise<Peer> {
    const { chain, clock, limits } = this.options;
    const control = await runHandshake({
      peerId: link.peerId,
      opener: link.initiator,
      stream,
      clock,
      limits,
      ourStatus: () => createStatus(chain, this.head),
      check: (status) => {
        const identity = this.admit(link.peerId);
        checkStatus(chain, this.head, status);
        if (identity.role !== status.role)
          throw networkError('ROLE_MISMATCH', `listed as ${identity.role}, says ${status.role}`, {}, 'REJECT');
      },
    });
    const newLink = this.newLinks.get(link);
    if (newLink === undefined || this.stopped)
      throw networkError('PEER_GONE', 'connection closed during the handshake', { peerId: link.peerId });
    newLink.cancel();
    this.newLinks.delete(link);
    const known = this.sessions.get(link.peerId);
    const session = known ?? new Session(this.context, this.admit(link.peerId), link, control);
    if (known === undefined) this.sessions.set(link.peerId, session);
    else known.adopt(link, control);
    this.changed();
    if (known === undefined) this.emit({ type: 'connected', peer: session.peer });
    for (const held of newLink.held) session.serve(link, held);
    return session.peer;
  }

  private admit(peerId: string): PeerIdentity {
    const until = this.conduct.bannedUntilMs(peerId);
    if (until !== undefined) throw networkError('PEER_BANNED', 'too many faults lately', { untilMs: until });
    const identity = this.options.identify(peerId);
    if (identity === undefined) throw networkError('NOT_ADMITTED', 'not on the list', { peerId }, 'REJECT');
    return identity;
  }

  private closeSoon(link: Link): void {
    this.options.clock.setTimer(closeDelayMs, () => link.close());
  }

  private session(peerId: string): Session {
    if (this.stopped) throw networkError('HOST_STOPPED', 'host is stopped', { peerId });
    const session = this.sessions.get(peerId);
    if (session === undefined) throw networkError('PEER_GONE', 'not connected', { peerId });
    return session;
  }

  private handlerFailed(session: Session, protocol: string, error: unknown): void {
    const { logger } = this.options;
    const peer = session.peer.id;
    if (!isIsoquorumError(error)) {
      logger.log('error', 'handler failed', {
        peer,
        protocol,
        error: error instanceof Error ? error.stack : String(error),
      });
      return;
    }
    logger.log('debug', 'refused what a peer sent', { peer, protocol, code: error.code, error: error.message });
    if (error.reaction !== 'REJECT') return;
    this.count(peer, error.code, error.message, 1);
  }

  private violated(peerId: string, error: Error): void {
    const code = isIsoquorumError(error) ? error.code : 'PROTOCOL_VIOLATION';
    this.options.logger.log('warn', 'dropped a peer', { peer: peerId, code, error: error.message });
    const stalled = code === 'PEER_STALLED';
    this.conduct.note(peerId, code, error.message, stalled ? 10 : this.options.limits.faultLimit);
    const session = this.sessions.get(peerId);
    if (session !== undefined) session.close(error);
  }

  private count(peerId: string, code: string, message: string, points: number): void {
    const wasBanned = this.isBanned(peerId);
    if (!this.conduct.note(peerId, code, message, points) || wasBanned) return;
    this.options.logger.log('warn', 'banned a peer for a while', { peer: peerId, code });
    this.sessions.get(peerId)?.close(networkError('PEER_BANNED', 'too many faults lately'));
  }

  private sessionClosed(session: Session): void {
    if (this.sessions.get(session.peer.id) !== session) return;
    this.sessions.delete(session.peer.id);
    this.changed();
    this.emit({ type: 'disconnected', peer: session.peer });
  }

  private changed(): void {
    for (const listener of this.changeListeners) listener();
  }

  private emit(event: PeerEvent): void {
    for (const listener of this.listeners) {
      try {
        listener(event);
      } catch (error) {
        this.options.logger.log('error', 'peer listener failed', { error: String(error) });
      }
    }
  }
}

/** True for a handshake that failed because of what the peer sent, not because of who or where it is. */
function isMalformed(error: Error): error is IsoquorumError {
  if (!isIsoquorumError(error) || error.reaction !== 'REJECT' || error.fields.refused === true) return false;
  return error.code !== 'NOT_ADMITTED' && !error.code.endsWith('_MISMATCH');
}
