import { bytesToBareHex } from '@isoquorum/primitives/hex';

/** Which hashes each peer has, as far as we know: bounded, the oldest go first. */
export interface KnownHashes {
  has(peerId: string, hash: Uint8Array): boolean;
  /** Answers false when it was marked before. */
  mark(peerId: string, hash: Uint8Array): boolean;
  forget(peerId: string): void;
}

/** @param maxPerPeer hashes remembered for each peer */
export function createKnownHashes(maxPerPeer: number): KnownHashes {
  const peers = new Map<string, Set<string>>();
  return {
    has: (peerId, hash) => peers.get(peerId)?.has(bytesToBareHex(hash)) === true,
    mark(peerId, hash) {
      const text = bytesToBareHex(hash);
      let known = peers.get(peerId);
      if (known === undefined) {
        known = new Set();
        peers.set(peerId, known);
      }
      if (known.has(text)) return false;
      known.add(text);
      if (known.size > maxPerPeer) {
        const oldest = known.values().next();
        if (oldest.done !== true) known.delete(oldest.value);
      }
      return true;
    },
    forget: (peerId) => void peers.delete(peerId),
  };
}
