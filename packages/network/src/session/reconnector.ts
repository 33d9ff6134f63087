import type { CancelTimer, Clock } from '@isoquorum/platform/clock';
import type { Random } from '@isoquorum/platform/random';

/** A peer that this host keeps a connection with. */
export interface StaticPeer {
  readonly peerId: string;
  /** Addresses to try, with `/p2p/<peerId>` at the end. */
  readonly multiaddrs: readonly string[];
}

export interface ReconnectorOptions {
  readonly selfId: string;
  readonly clock: Clock;
  readonly random: Random;
  staticPeers(): readonly StaticPeer[];
  isConnected(peerId: string): boolean;
  dial(peer: StaticPeer): Promise<unknown>;
  failed(peer: StaticPeer, error: Error, nextDelayMs: number): void;
  /** Never wait for the other end to dial first. */
  readonly dialsAtOnce?: boolean;
  readonly firstDelayMs?: number;
  readonly maxDelayMs?: number;
}

interface Attempt {
  cancel: CancelTimer;
  delayMs: number;
}

/**
 * Dials the static peers until they are connected: each with its own delay that doubles up to a limit, give or take a quarter. Of two hosts that
 * list each other the one with the greater PeerId waits a moment at first, so that one connection is made and not two.
 */
export class Reconnector {
  private readonly options: ReconnectorOptions;
  private readonly attempts = new Map<string, Attempt>();
  private running = false;

  constructor(options: ReconnectorOptions) {
    this.options = options;
  }

  start(): void {
    this.running = true;
    this.update();
  }

  stop(): void {
    this.running = false;
    for (const attempt of this.attempts.values()) attempt.cancel();
    this.attempts.clear();
  }

  /** The list of static peers changed. */
  update(): void {
    if (!this.running) return;
    const peers = new Map(this.options.staticPeers().map((peer) => [peer.peerId, peer]));
    for (const [peerId, attempt] of this.attempts) {
      if (peers.has(peerId)) continue;
      attempt.cancel();
      this.attempts.delete(peerId);
    }
    for (const peer of peers.values()) if (peer.peerId !== this.options.selfId) this.expect(peer.peerId);
  }

  /** A peer went away: dial it soon if it is a static one. */
  peerGone(peerId: string): void {
    if (!this.running || !this.options.staticPeers().some((peer) => peer.peerId === peerId)) return;
    this.attempts.get(peerId)?.cancel();
    this.attempts.delete(peerId);
    this.expect(peerId);
  }

  /** A peer is connected: its delay begins anew next time. */
  peerConnected(peerId: string): void {
    this.attempts.get(peerId)?.cancel();
    this.attempts.delete(peerId);
  }

  private expect(peerId: string): void {
    if (this.attempts.has(peerId) || this.options.isConnected(peerId)) return;
    const first = this.options.firstDelayMs ?? 500;
    const attempt: Attempt = { cancel: () => {}, delayMs: first };
    this.attempts.set(peerId, attempt);
    const atOnce = this.options.dialsAtOnce === true || this.options.selfId < peerId;
    this.schedule(peerId, attempt, atOnce ? 0 : first);
  }

  private schedule(peerId: string, attempt: Attempt, delayMs: number): void {
    attempt.cancel = this.options.clock.setTimer(delayMs, () => void this.tryOnce(peerId, attempt));
  }

  private async tryOnce(peerId: string, attempt: Attempt): Promise<void> {
    const { options } = this;
    const peer = options.staticPeers().find((candidate) => candidate.peerId === peerId);
    if (!this.running || peer === undefined || options.isConnected(peerId)) {
      this.attempts.delete(peerId);
      return;
    }
    try {
      await options.dial(peer);
      if (this.attempts.get(peerId) === attempt) this.attempts.delete(peerId);
    } catch (error) {
      if (!this.running || this.attempts.get(peerId) !== attempt) return;
      const delayMs = attempt.delayMs;
      attempt.delayMs = Math.min(delayMs * 2, options.maxDelayMs ?? 15_000);
      options.failed(peer, error as Error, delayMs);
      this.schedule(peerId, attempt, this.jitter(delayMs));
    }
  }

  /** Between three and five quarters of `delayMs`. */
  private jitter(delayMs: number): number {
    const byte = this.options.random.bytes(1)[0] ?? 0;
    return Math.round(delayMs * (0.75 + byte / 510));
  }
}
