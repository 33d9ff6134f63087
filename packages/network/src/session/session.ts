import type { Clock } from '@isoquorum/platform/clock';
import type { Address } from '@isoquorum/primitives/bytes';
import type { FrameHandler, Peer, PeerRole, RequestHandler, RequestOptions } from '../host.ts';
import type { StatusMessage } from '../wire/status.ts';
import { Channel } from './channel.ts';
import { networkError } from './errors.ts';
import type { ControlStream } from './handshake.ts';
import type { NetworkLimits } from './limits.ts';
import type { ByteStream, Link } from './link.ts';
import { Service } from './service.ts';

/** Who an authenticated PeerId is, from the lists of this host. */
export interface PeerIdentity {
  readonly role: PeerRole;
  readonly name: string | undefined;
  readonly address: Address | undefined;
}

/** What sessions share. */
export interface SessionContext {
  readonly selfId: string;
  readonly clock: Clock;
  readonly limits: NetworkLimits;
  frameHandler(protocol: string): FrameHandler | undefined;
  requestHandler(protocol: string): RequestHandler | undefined;
  /** Protocols whose stream is opened as soon as the peer is there. */
  eagerProtocols(): readonly string[];
  /** A handler of ours threw at something the peer sent. */
  handlerFailed(session: Session, protocol: string, error: unknown): void;
  /** The peer refused a one-way frame of ours. */
  frameRefused(session: Session, protocol: string, error: Error): void;
  violated(session: Session, error: Error): void;
  /** The last connection is gone. */
  closed(session: Session): void;
}

interface LinkState {
  readonly link: Link;
  readonly control: ControlStream;
  readonly channels: Map<string, Channel>;
  readonly services: Set<Service>;
}

/** One peer, over one connection or, while a better one takes over, several. */
export class Session {
  readonly peer: Peer;
  private readonly context: SessionContext;
  private readonly states = new Map<Link, LinkState>();
  private primary: LinkState;
  private isClosed = false;

  constructor(context: SessionContext, identity: PeerIdentity, link: Link, control: ControlStream) {
    this.context = context;
    this.primary = this.add(link, control);
    const current = (): LinkState => this.primary;
    this.peer = {
      id: link.peerId,
      role: identity.role,
      address: identity.address,
      name: identity.name,
      get direction(): Peer['direction'] {
        return current().link.initiator ? 'outbound' : 'inbound';
      },
      get transport(): Peer['transport'] {
        return current().link.transport;
      },
      get multiaddr(): string {
        return current().link.multiaddr;
      },
      get status(): StatusMessage {
        return current().control.status;
      },
    };
    this.openEagerly();
  }

  /** A further connection passed its handshake: the better one carries on, the other may finish for a while. */
  adopt(link: Link, control: ControlStream): void {
    const old = this.primary;
    const added = this.add(link, control);
    const loser = this.prefers(link, old.link) ? old : added;
    if (loser === old) {
      this.primary = added;
      this.openEagerly();
    }
    for (const channel of loser.channels.values()) channel.retire();
    this.context.clock.setTimer(this.context.limits.replacedGraceMs, () => {
      if (this.states.has(loser.link) && this.primary !== loser) loser.link.close();
    });
  }

  has(link: Link): boolean {
    return this.states.has(link);
  }

  /** @throws PEER_GONE and what Channel.sendFrame throws */
  send(protocol: string, frame: Uint8Array): void {
    this.channel(protocol).sendFrame(frame);
  }

  request(protocol: string, body: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    return this.channel(protocol).request(body, options);
  }

  /** The peer opened a stream on one of our connections with it. */
  serve(link: Link, stream: ByteStream): void {
    const state = this.states.get(link);
    if (state === undefined) {
      stream.abort(networkError('PEER_GONE', 'connection is gone'));
      return;
    }
    const { context } = this;
    const { protocol } = stream;
    for (const service of state.services) {
      if (service.protocol !== protocol) continue;
      service.drop(networkError('PROTOCOL_VIOLATION', 'second stream of one protocol', { protocol }, 'REJECT'));
      break;
    }
    state.services.add(
      new Service({
        peer: this.peer,
        stream,
        clock: context.clock,
        limits: context.limits,
        frameHandler: () => context.frameHandler(protocol),
        requestHandler: () => context.requestHandler(protocol),
        failed: (error) => context.handlerFailed(this, protocol, error),
        violated: (error) => context.violated(this, error),
        ended: (service) => state.services.delete(service),
      }),
    );
  }

  /** Says why, then closes every connection. */
  close(reason: Error): void {
    for (const { link, control } of this.states.values()) {
      control.goodbye(reason);
      this.context.clock.setTimer(closeDelayMs, () => link.close());
    }
  }

  /** The transport reports that a connection is gone. */
  linkClosed(link: Link, reason: Error): void {
    const state = this.states.get(link);
    if (state === undefined) return;
    this.states.delete(link);
    for (const channel of state.channels.values()) channel.drop(reason);
    for (const service of state.services) service.drop(reason);
    if (this.primary === state) {
      const other = this.states.values().next().value;
      if (other !== undefined) this.primary = this.revive(other);
    }
    if (this.states.size === 0 && !this.isClosed) {
      this.isClosed = true;
      this.context.closed(this);
    }
  }

  private add(link: Link, control: ControlStream): LinkState {
    const state: LinkState = { link, control, channels: new Map(), services: new Set() };
    this.states.set(link, state);
    control.onEnd((reason, violation) => {
      if (violation) this.context.violated(this, reason as Error);
      else if (this.states.has(link)) link.close();
    });
    return state;
  }

  /** A connection that had been retired is the last one: its channels begin anew. */
  private revive(state: LinkState): LinkState {
    state.channels.clear();
    return state;
  }

  private channel(protocol: string): Channel {
    const { primary, context } = this;
    if (this.isClosed) throw networkError('PEER_GONE', 'peer is gone', { peerId: this.peer.id, protocol });
    let channel = primary.channels.get(protocol);
    if (channel === undefined) {
      channel = new Channel({
        link: primary.link,
        protocol,
        clock: context.clock,
        limits: context.limits,
        refused: (error) => context.frameRefused(this, protocol, error),
        violated: (error) => context.violated(this, error),
      });
      primary.channels.set(protocol, channel);
    }
    return channel;
  }

  private openEagerly(): void {
    for (const protocol of this.context.eagerProtocols()) this.channel(protocol).open();
  }

  /** Both ends decide alike: direct before relayed, then the connection that the lesser PeerId opened, then the newer. */
  private prefers(added: Link, old: Link): boolean {
    const addedRank = added.transport === 'relay' ? 0 : 1;
    const oldRank = old.transport === 'relay' ? 0 : 1;
    if (addedRank !== oldRank) return addedRank > oldRank;
    if (added.initiator === old.initiator) return true;
    const oursIsLess = this.context.selfId < added.peerId;
    return added.initiator === oursIsLess;
  }
}

/** Time for a last frame to leave before its connection is closed. */
export const closeDelayMs = 200;
