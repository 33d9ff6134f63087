import type { Clock } from '@isoquorum/platform/clock';
import type { NetworkLimits } from './limits.ts';

/** Something a peer did that counts against it. */
export interface PeerNote {
  readonly peerId: string;
  readonly code: string;
  readonly message: string;
  readonly points: number;
  readonly atMs: number;
}

const maxNotes = 256;

/** Remembers the faults of peers: points fade with time, too many make a ban. */
export class Conduct {
  private readonly clock: Clock;
  private readonly limits: NetworkLimits;
  private readonly scores = new Map<string, { points: number; atMs: number; bannedUntilMs: number }>();
  private readonly noteList: PeerNote[] = [];

  constructor(clock: Clock, limits: NetworkLimits) {
    this.clock = clock;
    this.limits = limits;
  }

  /** Counts a fault; true when the peer is banned now. */
  note(peerId: string, code: string, message: string, points: number): boolean {
    const atMs = this.clock.nowMs();
    this.noteList.push({ peerId, code, message, points, atMs });
    if (this.noteList.length > maxNotes) this.noteList.shift();
    const score = this.scores.get(peerId) ?? { points: 0, atMs, bannedUntilMs: 0 };
    const faded = ((atMs - score.atMs) / 60_000) * this.limits.faultLimit;
    score.points = Math.max(0, score.points - faded) + points;
    score.atMs = atMs;
    if (score.points >= this.limits.faultLimit) {
      score.bannedUntilMs = atMs + this.limits.banMs;
      score.points = this.limits.faultLimit / 2;
    }
    this.scores.set(peerId, score);
    if (this.scores.size > maxNotes) this.forgetOldest();
    return score.bannedUntilMs > atMs;
  }

  /** Time until which the peer is banned, or undefined. */
  bannedUntilMs(peerId: string): number | undefined {
    const until = this.scores.get(peerId)?.bannedUntilMs ?? 0;
    return until > this.clock.nowMs() ? until : undefined;
  }

  /** The latest faults, oldest first. */
  notes(): readonly PeerNote[] {
    return [...this.noteList];
  }

  private forgetOldest(): void {
    for (const peerId of this.scores.keys()) {
      if (this.bannedUntilMs(peerId) !== undefined) continue;
      this.scores.delete(peerId);
      return;
    }
  }
}
