import type { Chance } from './chance.ts';
import type { Timeline } from './timeline.ts';

/** One write; undefined deletes. */
export type DiskWrite = readonly [key: string, value: Uint8Array | undefined];

/**
 * What becomes of batches that were given and not yet acknowledged when the power goes: none is there (`lost`), all are (`kept`:
 * only the acknowledgement was missed), or a part of them, the last of which is torn and, as its checksum tells, gone (`torn`).
 */
export type PowerCut = 'lost' | 'kept' | 'torn';

interface Pending {
  readonly batch: readonly DiskWrite[];
  readonly cancel: () => void;
}

/** Where a node keeps what must survive it. Batches are atomic, become durable in the order given, and take their time. */
export interface Disk {
  get(key: string): Uint8Array | undefined;
  /** Calls `done` when the batch is durable; never, if the power goes first. */
  write(batch: readonly DiskWrite[], done: () => void): void;
}

/** A {@link Disk} of the simulation. */
export class SimulatedDisk implements Disk {
  readonly entries: Map<string, Uint8Array> = new Map();
  private readonly timeline: Timeline;
  private readonly delayMs: () => number;
  private readyAtMs = 0;
  private pending: Pending[] = [];
  /** Told of every write that begins: faults strike there. */
  onWrite: (() => void) | undefined;

  /** @param delayMs asked at each write */
  constructor(timeline: Timeline, delayMs: () => number) {
    this.timeline = timeline;
    this.delayMs = delayMs;
  }

  get(key: string): Uint8Array | undefined {
    return this.entries.get(key);
  }

  write(batch: readonly DiskWrite[], done: () => void): void {
    const { nowMs } = this.timeline;
    this.readyAtMs = Math.max(this.readyAtMs, nowMs + this.delayMs());
    const cancel = this.timeline.after(this.readyAtMs - nowMs, () => {
      this.pending.shift();
      this.apply(batch);
      done();
    });
    this.pending.push({ batch, cancel });
    this.onWrite?.();
  }

  /** The power goes: nothing that was pending is acknowledged. */
  cut(kind: PowerCut, chance: Chance): void {
    const { pending } = this;
    this.pending = [];
    this.readyAtMs = 0;
    for (const { cancel } of pending) cancel();
    const whole = kind === 'kept' ? pending.length : kind === 'lost' ? 0 : chance.below(pending.length + 1);
    for (const { batch } of pending.slice(0, whole)) this.apply(batch);
    const torn = kind === 'torn' ? pending[whole] : undefined;
    if (torn !== undefined) this.tear(torn.batch);
  }

  /** A batch of which only a part reached the medium: recovery finds its checksum wrong and drops it whole. */
  protected tear(_batch: readonly DiskWrite[]): void {}

  protected apply(batch: readonly DiskWrite[]): void {
    for (const [key, value] of batch) {
      if (value === undefined) this.entries.delete(key);
      else this.entries.set(key, value);
    }
  }
}
