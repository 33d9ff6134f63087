import type { CancelTimer, Clock } from '@isoquorum/platform/clock';
import { checkFrameSize, encodeFrame, frameHeader, FrameReader } from '../wire/frame.ts';
import { maxEnvelopeHeaderSize } from '../wire/envelope.ts';
import { networkError } from './errors.ts';
import type { NetworkLimits } from './limits.ts';
import type { ByteStream } from './link.ts';

export interface FrameStreamHandlers {
  /** Takes one frame; while its promise is pending, no other is delivered and the stream is paused when too much waits. */
  frame(bytes: Uint8Array): void | Promise<void>;
  /** The stream is over; called once. `violation` when the other end broke the framing. */
  end(error: Error | undefined, violation: boolean): void;
}

export interface FrameStreamOptions {
  readonly stream: ByteStream;
  readonly clock: Clock;
  readonly limits: NetworkLimits;
  readonly handlers: FrameStreamHandlers;
  /** Largest frame to read; the protocol's body limit and its envelope unless told. */
  readonly readLimit?: number;
}

/** Parts above this size are handed over without copying them behind their header. */
const copyLimit = 32 * 1024;

/** Length-prefixed frames over a byte stream: bounded queue out, bounded backlog in, stall timer. */
export class FrameStream {
  private readonly stream: ByteStream;
  private readonly clock: Clock;
  private readonly limits: NetworkLimits;
  private readonly handlers: FrameStreamHandlers;
  private readonly reader: FrameReader;
  private readonly queue: (readonly Uint8Array[])[] = [];
  private queuedBytes = 0;
  private waiting = false;
  private closing = false;
  private ended = false;
  private remoteEnded = false;
  private busy = false;
  private paused = false;
  private backlog = 0;
  private cancelStall: CancelTimer | undefined;

  constructor(options: FrameStreamOptions) {
    this.stream = options.stream;
    this.clock = options.clock;
    this.limits = options.limits;
    this.handlers = options.handlers;
    this.reader = new FrameReader(options.readLimit ?? options.limits.maxFrameSize + maxEnvelopeHeaderSize);
    this.stream.read({
      data: (bytes) => this.receive(bytes),
      end: (error) => {
        if (error === undefined && this.busy) this.remoteEnded = true;
        else this.finish(error, false);
      },
    });
  }

  get isOpen(): boolean {
    return !this.ended && !this.closing;
  }

  /** Frames that wait because the stream takes no more. */
  get queuedFrames(): number {
    return this.queue.length;
  }

  /** Sends one frame made of `parts`, at once when the stream takes it. @throws FRAME_TOO_LARGE, QUEUE_FULL, PEER_GONE */
  send(...parts: readonly Uint8Array[]): void {
    if (!this.isOpen) throw networkError('PEER_GONE', 'stream is closed', { protocol: this.stream.protocol });
    let size = 0;
    for (const part of parts) size += part.length;
    checkFrameSize(size, this.limits.maxFrameSize + maxEnvelopeHeaderSize);
    if (!this.waiting) {
      this.write(parts, size);
      return;
    }
    const full =
      this.queue.length >= this.limits.maxQueuedFrames ||
      (this.queue.length > 0 && this.queuedBytes + size > this.limits.maxQueuedBytes);
    if (full)
      throw networkError('QUEUE_FULL', `${this.queue.length} frames wait on ${this.stream.protocol}`, {
        protocol: this.stream.protocol,
        frames: this.queue.length,
        bytes: this.queuedBytes,
      });
    this.queue.push(parts);
    this.queuedBytes += size;
  }

  /** Sends what waits, then closes the stream. */
  close(): void {
    if (!this.isOpen) return;
    this.closing = true;
    if (this.queue.length === 0) this.stream.close();
  }

  /** Drops the stream and what waits. `end` is called with the error. */
  abort(error: Error): void {
    if (this.ended) return;
    this.finish(error, false);
    this.stream.abort(error);
  }

  private write(parts: readonly Uint8Array[], size: number): void {
    let open: boolean;
    try {
      if (size <= copyLimit) {
        open = this.stream.write(encodeFrame(parts, size));
      } else {
        const [first = new Uint8Array(0), ...rest] = parts;
        const header = frameHeader(size);
        const start = first.length <= maxEnvelopeHeaderSize ? Uint8Array.of(...header, ...first) : header;
        open = this.stream.write(start);
        for (const part of start === header ? parts : rest) open = this.stream.write(part);
      }
    } catch (cause) {
      const error = networkError('PEER_GONE', 'stream is closed', { protocol: this.stream.protocol }, 'RETRY', cause);
      this.finish(error, false);
      throw error;
    }
    if (!open) this.waitForDrain();
  }

  private waitForDrain(): void {
    this.waiting = true;
    this.cancelStall = this.clock.setTimer(this.limits.stallTimeoutMs, () => {
      this.abort(networkError('PEER_STALLED', 'peer takes no bytes', { protocol: this.stream.protocol }));
    });
    this.stream.drained().then(
      () => this.flush(),
      (error: unknown) => this.finish(error instanceof Error ? error : undefined, false),
    );
  }

  private flush(): void {
    this.waiting = false;
    this.cancelStall?.();
    while (!this.waiting && !this.ended) {
      const parts = this.queue.shift();
      if (parts === undefined) break;
      const size = parts.reduce((sum, part) => sum + part.length, 0);
      this.queuedBytes -= size;
      try {
        this.write(parts, size);
      } catch {
        return; // write() has ended this stream
      }
    }
    if (this.closing && this.queue.length === 0 && !this.ended) this.stream.close();
  }

  private receive(bytes: Uint8Array): void {
    if (this.ended) return;
    this.reader.push(bytes);
    this.backlog += bytes.length;
    this.deliver();
    if (this.busy && this.backlog > this.limits.maxReceivedBytes && !this.paused) {
      this.paused = true;
      this.stream.pause();
    }
  }

  private deliver(): void {
    while (!this.busy && !this.ended) {
      let frame: Uint8Array | undefined;
      try {
        frame = this.reader.next();
      } catch (error) {
        this.violate(error as Error);
        return;
      }
      if (frame === undefined) {
        this.backlog = 0;
        if (this.remoteEnded) this.finish(undefined, false);
        return;
      }
      const result = this.handlers.frame(frame);
      if (result === undefined) continue;
      this.busy = true;
      result.then(
        () => this.goOn(),
        (error: unknown) => this.abort(error instanceof Error ? error : new Error(String(error))),
      );
    }
  }

  private goOn(): void {
    this.busy = false;
    this.deliver();
    if (this.paused && !this.busy && !this.ended) {
      this.paused = false;
      this.stream.resume();
    }
  }

  /** Ends the stream because the other end broke the rules. */
  violate(error: Error): void {
    if (this.ended) return;
    this.finish(error, true);
    this.stream.abort(error);
  }

  private finish(error: Error | undefined, violation: boolean): void {
    if (this.ended) return;
    this.ended = true;
    this.cancelStall?.();
    this.queue.length = 0;
    this.queuedBytes = 0;
    if (error === undefined && !this.closing) this.stream.close();
    this.handlers.end(error, violation);
  }
}
