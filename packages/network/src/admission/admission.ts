import type { PeerIdentity } from '../session/session.ts';
import type { StaticPeer } from '../session/reconnector.ts';

/** What a guest gets for its invitation. */
export interface RedeemedInvitation {
  /** The name under which it was listed. */
  readonly name: string;
  /** Unix seconds at which the admission ends; 0: none. */
  readonly admittedUntil: number;
}

/** The lists of a node: who may connect, whom it dials, who may become a member (decision 11). */
export interface Admission {
  /** Who an authenticated PeerId is; undefined when it is on no list, is disallowed, or its admission has ended. */
  identify(peerId: string): PeerIdentity | undefined;
  /** Peers that this node dials and keeps. */
  staticPeers(): readonly StaticPeer[];
  /** Reads the lists again if they have changed; asked when an unknown browser knocks. */
  refresh(): Promise<void>;
  /** Called after the lists changed. Returns a function that removes the listener. */
  onChange(listener: () => void): () => void;
  /** Admits a browser for a signed invitation of ours that nobody has used. @throws the coded refusals of `redemption.ts` */
  redeem(peerId: string, invitation: Uint8Array): Promise<RedeemedInvitation>;
  close(): Promise<void>;
}
