import type { Clock } from '@isoquorum/platform/clock';
import { networkError } from '../session/errors.ts';
import type { ByteStream, ByteStreamReader } from '../session/link.ts';
import { encodeFrame, FrameReader } from '../wire/frame.ts';

export interface MemoryPipeOptions {
  readonly clock: Clock;
  readonly protocol: string;
  /** Latency of each direction; a chunk never overtakes the one before. */
  readonly latencyMs: { readonly forth: () => number; readonly back: () => number };
  /** True when a frame of this direction is lost. */
  readonly drop: { readonly forth: () => boolean; readonly back: () => boolean } | undefined;
}

const highWaterBytes = 256 * 1024;

/** One end of a stream in memory. */
class MemoryStream implements ByteStream {
  readonly protocol: string;
  private readonly clock: Clock;
  private readonly latencyMs: () => number;
  private readonly drop: (() => boolean) | undefined;
  private readonly outgoing = new FrameReader();
  private other!: MemoryStream;
  private reader: ByteStreamReader | undefined;
  private readonly arrived: Uint8Array[] = [];
  private unread = 0;
  private arrivesAtMs = 0;
  private paused = false;
  private closed = false;
  private remoteClosed: { readonly error: Error | undefined } | undefined;
  private drainers: { resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(options: MemoryPipeOptions, forth: boolean) {
    this.protocol = options.protocol;
    this.clock = options.clock;
    this.latencyMs = forth ? options.latencyMs.forth : options.latencyMs.back;
    this.drop = forth ? options.drop?.forth : options.drop?.back;
  }

  join(other: MemoryStream): void {
    this.other = other;
  }

  write(bytes: Uint8Array): boolean {
    if (this.closed) throw networkError('PEER_GONE', 'stream is closed', { protocol: this.protocol });
    for (const chunk of this.keep(bytes)) {
      this.other.unread += chunk.length;
      this.transmit(() => this.other.arrive(chunk));
    }
    return this.other.unread < highWaterBytes;
  }

  drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.closed) reject(networkError('PEER_GONE', 'stream is closed'));
      else if (this.other.unread < highWaterBytes) resolve();
      else this.drainers.push({ resolve, reject });
    });
  }

  read(reader: ByteStreamReader): void {
    queueMicrotask(() => {
      this.reader = reader;
      this.deliver();
    });
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    queueMicrotask(() => this.deliver());
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.transmit(() => this.other.remoteEnd(undefined));
  }

  abort(error: Error): void {
    if (!this.closed) {
      const reset = networkError('PEER_GONE', 'peer reset the stream', { protocol: this.protocol });
      this.closed = true;
      this.transmit(() => this.other.remoteEnd(reset));
    }
    this.failDrainers(error);
    this.reader = undefined;
    this.arrived.length = 0;
  }

  /** The connection broke: nothing that is under way arrives. */
  cut(error: Error): void {
    this.closed = true;
    this.arrived.length = 0;
    this.failDrainers(error);
    const { reader } = this;
    this.reader = undefined;
    reader?.end(error);
  }

  /** What is left of `bytes` after losses; whole frames are lost, since a stream of half frames is none. */
  private keep(bytes: Uint8Array): readonly Uint8Array[] {
    if (this.drop === undefined) return [bytes];
    const frames: Uint8Array[] = [];
    this.outgoing.push(bytes);
    for (let frame = this.outgoing.next(); frame !== undefined; frame = this.outgoing.next())
      if (!this.drop()) frames.push(encodeFrame([frame], frame.length));
    return frames;
  }

  private transmit(arrive: () => void): void {
    const nowMs = this.clock.nowMs();
    this.arrivesAtMs = Math.max(this.arrivesAtMs, nowMs + this.latencyMs());
    if (this.arrivesAtMs <= nowMs) queueMicrotask(arrive);
    else this.clock.setTimer(this.arrivesAtMs - nowMs, arrive);
  }

  private arrive(chunk: Uint8Array): void {
    if (this.remoteClosed !== undefined) return;
    this.arrived.push(chunk);
    this.deliver();
  }

  private remoteEnd(error: Error | undefined): void {
    this.remoteClosed ??= { error };
    if (error !== undefined) this.closed = true;
    this.deliver();
  }

  private deliver(): void {
    while (this.reader !== undefined && !this.paused) {
      const chunk = this.arrived.shift();
      if (chunk === undefined) break;
      this.unread -= chunk.length;
      this.reader.data(chunk);
    }
    if (this.unread < highWaterBytes) this.other.wake();
    if (this.remoteClosed === undefined || this.arrived.length > 0 || this.reader === undefined) return;
    const { reader } = this;
    this.reader = undefined;
    this.failDrainers(networkError('PEER_GONE', 'stream is closed'));
    reader.end(this.remoteClosed.error);
  }

  private wake(): void {
    const woken = this.drainers;
    this.drainers = [];
    for (const { resolve } of woken) resolve();
  }

  private failDrainers(error: Error): void {
    const failed = this.drainers;
    this.drainers = [];
    for (const { reject } of failed) reject(error);
  }
}

/** Two ends of one stream; what is written into one is read from the other. */
export interface MemoryPipe {
  readonly near: ByteStream;
  readonly far: ByteStream;
  /** Breaks both ends at once. */
  cut(error: Error): void;
}

export function createMemoryPipe(options: MemoryPipeOptions): MemoryPipe {
  const near = new MemoryStream(options, true);
  const far = new MemoryStream(options, false);
  near.join(far);
  far.join(near);
  return {
    near,
    far,
    cut: (error) => {
      near.cut(error);
      far.cut(error);
    },
  };
}
