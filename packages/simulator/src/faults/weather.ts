import type { Chance } from '../core/chance.ts';
import type { Fault, Span } from './fault.ts';

/** Milliseconds that a message or a write takes when nothing is wrong. */
export interface FairWeather {
  readonly latencyMsMax: number;
  readonly writeMsMax: number;
}

type SpanFault = Extract<Fault, Span>;

/** What the faults of a run do to each message and write. */
export class Weather {
  readonly traitors: ReadonlySet<number>;
  private readonly chance: Chance;
  private readonly fair: FairWeather;
  private readonly spans: readonly SpanFault[];
  private readonly skews: ReadonlyMap<number, number>;
  private isCalm = false;

  constructor(faults: readonly Fault[], fair: FairWeather, chance: Chance) {
    this.chance = chance;
    this.fair = fair;
    this.spans = faults.filter((fault): fault is SpanFault => 'fromMs' in fault);
    this.skews = new Map(faults.flatMap((fault) => (fault.kind === 'skew' ? [[fault.node, fault.skewMs]] : [])));
    this.traitors = new Set(faults.flatMap((fault) => (fault.kind === 'byzantine' ? [fault.node] : [])));
  }

  /** From now on nothing is lost, late or slow; clocks and traitors stay as they are. */
  calmDown(): void {
    this.isCalm = true;
  }

  skewMs(node: number): number {
    return this.skews.get(node) ?? 0;
  }

  /** Milliseconds after which the message arrives, once for each time that it does. Traitors hear all, and are heard. */
  deliveries(from: number, to: number, atMs: number): readonly number[] {
    const delayMs = this.latencyMs(from, to, atMs);
    if (this.isLost(from, to, atMs)) return [];
    return this.detours(atMs).map((extraMs) => delayMs + extraMs);
  }

  /** Milliseconds on the way, for all messages of a connection alike. */
  latencyMs(from: number, to: number, atMs: number): number {
    let delayMs = 1 + this.chance.below(this.fair.latencyMsMax);
    for (const fault of this.active(atMs))
      if (fault.kind === 'delay' && concerns(fault.node, from, to)) delayMs += this.chance.below(fault.extraMsMax + 1);
    return delayMs;
  }

  /** True when a message does not arrive. */
  isLost(from: number, to: number, atMs: number): boolean {
    const isDropped = this.active(atMs).some(
      (fault) => fault.kind === 'loss' && concerns(fault.node, from, to) && this.chance.hits(fault.ratio),
    );
    return isDropped || this.isCut(from, to, atMs);
  }

  /** What is added to the latency of one message, once for each of its copies: `[0]` in fair weather. */
  detours(atMs: number): readonly number[] {
    let extraMs = 0;
    let copies = 1;
    for (const fault of this.active(atMs)) {
      if (fault.kind === 'reorder' && this.chance.hits(fault.ratio)) extraMs += this.chance.below(fault.extraMsMax + 1);
      else if (fault.kind === 'duplicate' && this.chance.hits(fault.ratio)) copies++;
    }
    return Array.from({ length: copies }, (_, copy) => extraMs + (copy === 0 ? 0 : this.chance.below(300)));
  }

  /** True while what `from` says cannot reach `to`. */
  isCut(from: number, to: number, atMs: number): boolean {
    if (this.traitors.has(from) || this.traitors.has(to)) return false;
    return this.active(atMs).some((fault) => {
      if (fault.kind === 'partition') return fault.side.includes(from) !== fault.side.includes(to);
      return fault.kind === 'oneway' && fault.side.includes(from) && !fault.side.includes(to);
    });
  }

  writeMs(node: number, atMs: number): number {
    let slowest = 1 + this.chance.below(this.fair.writeMsMax);
    for (const fault of this.active(atMs))
      if (fault.kind === 'slowdisk' && fault.node === node) slowest = Math.max(slowest, fault.writeMs);
    return slowest;
  }

  private active(atMs: number): readonly SpanFault[] {
    if (this.isCalm || this.spans.length === 0) return [];
    return this.spans.filter(({ fromMs, untilMs }) => fromMs <= atMs && atMs < untilMs);
  }
}

function concerns(node: number | undefined, from: number, to: number): boolean {
  return node === undefined || node === from || node === to;
}
