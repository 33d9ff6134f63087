/** Room for what peers sent and nobody has looked at yet: each has a share of its own, so that none takes memory without bound, nor the others' room. */
export interface Shares {
  /** Answers false when the peer's share is used up. */
  take(peerId: string, bytes: number): boolean;
  /** What was taken is looked at. */
  give(peerId: string, bytes: number): void;
}

/** What may wait of one peer; a single message is always taken. */
export interface ShareLimits {
  readonly messages: number;
  readonly bytes: number;
}

export function createShares(limits: ShareLimits): Shares {
  const used = new Map<string, { messages: number; bytes: number }>();
  return {
    take(peerId, bytes) {
      const share = used.get(peerId) ?? { messages: 0, bytes: 0 };
      const isFull = share.messages >= limits.messages || share.bytes + bytes > limits.bytes;
      if (share.messages > 0 && isFull) return false;
      used.set(peerId, { messages: share.messages + 1, bytes: share.bytes + bytes });
      return true;
    },
    give(peerId, bytes) {
      const share = used.get(peerId);
      if (share === undefined) return;
      if (share.messages <= 1) used.delete(peerId);
      else used.set(peerId, { messages: share.messages - 1, bytes: share.bytes - bytes });
    },
  };
}
