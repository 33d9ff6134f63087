import { decodeRaftFrame, encodeRaftFrame, type RaftFrame, type RaftSeat } from '@isoquorum/consensus/raft/frame';
import type { RaftMessage } from '@isoquorum/consensus/raft/types';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { Address } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import type { NetworkHost, Peer } from '@isoquorum/network/host';
import { RAFT_PROTOCOL } from '@isoquorum/network/protocols';
import type { Clock } from '@isoquorum/platform/clock';
import type { Logger } from '@isoquorum/platform/logger';
import type { Members } from './members.ts';

/** A peer speaks for a member that it is not, or says what no correct member says; reaction REJECT. */
export type RaftLinkErrorCode = 'RAFT_SENDER_WRONG' | 'RAFT_MESSAGE_INVALID';

/** What a member says of its disk. */
export type RaftHello = Omit<Extract<RaftFrame, { type: 'hello' }>, 'type' | 'members'>;

export interface RaftLinksOptions {
  readonly host: NetworkHost;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly members: Members;
  readonly raftId: number;
  /** What we say of ourselves to a peer that has just connected. */
  readonly hello: () => RaftHello;
  readonly onHello: (hello: RaftHello) => void;
  /** Answers why no correct member sends such a message, if that is so. */
  readonly onMessage: (message: RaftMessage) => string | undefined;
  readonly onGone: (raftId: number) => void;
}

/** Messages between members: each peer says by its first frame which member it is, and speaks for no other. */
export interface RaftLinks {
  isConnected(raftId: number): boolean;
  /** Resolves true when the frame was handed to the network; false when the member is not there. */
  send(message: RaftMessage): Promise<boolean>;
  /** Greets members again that have not said who they are: call now and then. */
  greetUnknown(): void;
  /** Greets all members again; they greet back. */
  greetMembers(): void;
  stop(): void;
}

/** Least time between two greetings of one peer. */
const greetAgainMs = 500;
/** Most ids that members have vouched for and that the log has not told of. */
const vouchedForMax = 1024;

function wrongSender(peer: Peer, raftId: number): IsoquorumError {
  return new IsoquorumError(
    'RAFT_SENDER_WRONG',
    `a peer speaks for member ${raftId}`,
    { peer: peer.id, raftId },
    'REJECT',
  );
}

export function createRaftLinks(options: RaftLinksOptions): RaftLinks {
  const { host, members, logger, clock } = options;
  /** Which member each peer says that it is; what counts of that is for `isMember` to say, as members come and go. */
  const claims = new Map<string, { readonly peer: Peer; readonly raftId: number }>();
  /** Who joined while this node was away, by the word of members: the log tells it only when it comes, and it comes from the leader, who may be one of them. */
  const vouchedFor = new Map<number, Address>();
  const greetedMs = new Map<string, number>();
  let isStopped = false;

  function greet(peer: Peer): void {
    if (peer.role !== 'node') return;
    greetedMs.set(peer.id, clock.nowMs());
    const frame = encodeRaftFrame({ type: 'hello', ...options.hello(), members: members.seats() });
    host.send(peer.id, RAFT_PROTOCOL, frame).catch((error: unknown) => {
      logger.log('debug', 'A Raft greeting was not sent', { peer: peer.id, reason: String(error) });
    });
  }

  function mayGreetAgain(peer: Peer): boolean {
    return clock.nowMs() - (greetedMs.get(peer.id) ?? 0) >= greetAgainMs;
  }

  function addressOf(raftId: number): Address | undefined {
    const known = members.addressOf(raftId);
    if (known !== undefined || members.removed().includes(raftId)) return known;
    return vouchedFor.get(raftId);
  }

  /**
   * Whether the peer is that member, by its node key. Who joins knows no members yet, and believes the claim; whom we do not know yet, and for whom no
   * member has vouched, may become a member, and is not listened to before.
   */
  function isMember(peer: Peer, raftId: number): boolean {
    const address = addressOf(raftId);
    if (address === undefined) return members.all().length === 0;
    return peer.address !== undefined && bytesEqual(address, peer.address);
  }

  function mayBe(peer: Peer, raftId: number): boolean {
    return raftId !== options.raftId && (addressOf(raftId) === undefined || isMember(peer, raftId));
  }

  function noteMembers(seats: readonly RaftSeat[]): void {
    // Added to what others said: who names fewer may have been away itself. Ids are never given twice.
    for (const { raftId, address } of seats)
      if (vouchedFor.size < vouchedForMax && members.addressOf(raftId) === undefined) vouchedFor.set(raftId, address);
  }

  /** Members that are greeted again greet back, and name those that they know. */
  function askForMembers(): void {
    for (const { peer, raftId } of claims.values()) if (isMember(peer, raftId) && mayGreetAgain(peer)) greet(peer);
  }

  function peerOf(raftId: number): Peer | undefined {
    for (const claim of claims.values()) if (claim.raftId === raftId && isMember(claim.peer, raftId)) return claim.peer;
    return undefined;
  }

  host.onFrame(RAFT_PROTOCOL, (peer, bytes) => {
    if (isStopped || peer.role !== 'node') return;
    // Entries are views of the frame, and stay.
    const frame = decodeRaftFrame(bytes.slice());
    if (frame.type === 'hello') {
      if (!mayBe(peer, frame.raftId)) throw wrongSender(peer, frame.raftId);
      const isKnown = claims.get(peer.id)?.raftId === frame.raftId;
      claims.set(peer.id, { peer, raftId: frame.raftId });
      // Whoever greets again, or whom we did not know, may have missed our greeting.
      if (!isKnown || mayGreetAgain(peer)) greet(peer);
      if (isMember(peer, frame.raftId)) {
        if (members.byId(frame.raftId) !== undefined) noteMembers(frame.members);
        options.onHello(frame);
      }
      return;
    }
    const { message } = frame;
    const claim = claims.get(peer.id);
    if (claim === undefined) return;
    if (claim.raftId !== message.from || message.to !== options.raftId) throw wrongSender(peer, message.from);
    if (!isMember(peer, message.from)) {
      askForMembers();
      return;
    }
    const fault = options.onMessage(message);
    if (fault !== undefined)
      throw new IsoquorumError('RAFT_MESSAGE_INVALID', fault, { peer: peer.id, type: message.type }, 'REJECT');
  });

  const stopPeers = host.onPeer(({ type, peer }) => {
    if (type === 'connected') {
      greet(peer);
      return;
    }
    greetedMs.delete(peer.id);
    const claim = claims.get(peer.id);
    claims.delete(peer.id);
    if (claim !== undefined && isMember(peer, claim.raftId)) options.onGone(claim.raftId);
  });
  for (const peer of host.peers()) greet(peer);

  return {
    isConnected: (raftId) => raftId === options.raftId || peerOf(raftId) !== undefined,
    async send(message) {
      const peer = peerOf(message.to);
      if (peer === undefined) return false;
      try {
        await host.send(peer.id, RAFT_PROTOCOL, encodeRaftFrame({ type: 'message', message }));
        return true;
      } catch (error) {
        logger.log('debug', 'A Raft message was not sent', {
          to: message.to,
          type: message.type,
          reason: String(error),
        });
        return false;
      }
    },
    greetMembers() {
      for (const peer of host.peers()) if (claims.has(peer.id) && mayGreetAgain(peer)) greet(peer);
      this.greetUnknown();
    },
    greetUnknown() {
      const isJoining = members.all().length === 0;
      for (const peer of host.peers()) {
        if (claims.has(peer.id) || !mayGreetAgain(peer)) continue;
        if (isJoining || (peer.address !== undefined && members.byAddress(peer.address) !== undefined)) greet(peer);
      }
    },
    stop() {
      isStopped = true;
      stopPeers();
    },
  };
}
