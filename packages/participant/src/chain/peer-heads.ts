import type { Peer } from '@isoquorum/network/host';

/** What each validator last said about its head. Claims: nothing is believed because of them. */
export interface PeerHeads {
  /** A head that a peer announced. */
  say(peerId: string, number: number, hash: string): void;
  /** Lets a peer be asked for a block that it did not announce. */
  suppose(peerId: string, number: number): void;
  /** The peer could not show what it claimed. */
  disbelieve(peerId: string, checkedNumber: number): void;
  forget(peerId: string): void;
  number(peerId: string): number;
  /** The hash that a peer announced with its latest number. */
  hash(peerId: string): string | undefined;
  /** A peer that claims more than is checked, the one with the highest claim; peers in `except` are left out. */
  best(peers: readonly Peer[], checkedNumber: number, except: ReadonlySet<string>): Peer | undefined;
  /** The highest claim of these peers, at least `checkedNumber`. */
  highest(peers: readonly Peer[], checkedNumber: number): number;
}

export function createPeerHeads(): PeerHeads {
  const claims = new Map<string, { number: number; hash: string | undefined }>();
  const number = (peerId: string): number => claims.get(peerId)?.number ?? 0;
  return {
    say(peerId, claimed, hash) {
      claims.set(peerId, { number: claimed, hash });
    },
    suppose(peerId, supposed) {
      if (number(peerId) < supposed) claims.set(peerId, { number: supposed, hash: claims.get(peerId)?.hash });
    },
    disbelieve(peerId, checkedNumber) {
      claims.set(peerId, { number: checkedNumber, hash: undefined });
    },
    forget(peerId) {
      claims.delete(peerId);
    },
    number,
    hash: (peerId) => claims.get(peerId)?.hash,
    best(peers, checkedNumber, except) {
      let best: Peer | undefined;
      for (const peer of peers) {
        if (except.has(peer.id) || number(peer.id) <= checkedNumber) continue;
        if (best === undefined || number(peer.id) > number(best.id)) best = peer;
      }
      return best;
    },
    highest: (peers, checkedNumber) =>
      peers.reduce((highest, peer) => Math.max(highest, number(peer.id)), checkedNumber),
  };
}
