import type { CancelTimer, Clock } from '@isoquorum/platform/clock';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import type { RequestOptions } from '../host.ts';
import { decodeEnvelope, envelopeHeader } from '../wire/envelope.ts';
import { checkFrameSize } from '../wire/frame.ts';
import { decodeRefusal, refusalToError } from '../wire/refusal.ts';
import { networkError } from './errors.ts';
import { FrameStream } from './frame-stream.ts';
import type { NetworkLimits } from './limits.ts';
import type { Link } from './link.ts';

export interface ChannelOptions {
  readonly link: Link;
  readonly protocol: string;
  readonly clock: Clock;
  readonly limits: NetworkLimits;
  /** A one-way frame was refused by the other end. */
  readonly refused: (error: Error) => void;
  /** The other end broke the rules. */
  readonly violated: (error: Error) => void;
}

interface PendingRequest {
  resolve(answer: Uint8Array): void;
  reject(error: Error): void;
  readonly release: () => void;
}

/** Our end of the stream that we opened for one protocol of one peer: frames and requests go out, answers come back. */
export class Channel {
  private readonly options: ChannelOptions;
  private stream: FrameStream | undefined;
  private opening: Promise<void> | undefined;
  private readonly early: (readonly Uint8Array[])[] = [];
  private earlyBytes = 0;
  private readonly pending = new Map<number, PendingRequest>();
  private nextId = 1;
  private retired = false;
  private failure: { readonly error: Error; readonly atMs: number } | undefined;

  constructor(options: ChannelOptions) {
    this.options = options;
  }

  /** Opens the stream before it is needed; a failure shows at the next use. */
  open(): void {
    if (this.stream?.isOpen === true || this.opening !== undefined || this.retired) return;
    const { link, protocol, clock, limits } = this.options;
    this.opening = link.openStream(protocol).then(
      (stream) => {
        this.opening = undefined;
        this.failure = undefined;
        const frames = new FrameStream({
          stream,
          clock,
          limits,
          handlers: {
            frame: (bytes) => this.receive(bytes),
            end: (error, violation) => this.ended(frames, error, violation),
          },
        });
        this.stream = frames;
        for (const parts of this.early.splice(0)) this.tryWrite(parts);
        this.earlyBytes = 0;
        if (this.retired) frames.close();
      },
      (error: unknown) => {
        this.opening = undefined;
        const cause = error instanceof Error ? error : new Error(String(error));
        this.failure = { error: cause, atMs: clock.nowMs() };
        this.early.length = 0;
        this.earlyBytes = 0;
        this.failPending(cause);
      },
    );
  }

  /** Queues a one-way frame. @throws FRAME_TOO_LARGE, QUEUE_FULL, PEER_GONE, PROTOCOL_UNSUPPORTED */
  sendFrame(body: Uint8Array): void {
    checkFrameSize(body.length, this.options.limits.maxFrameSize);
    this.write([envelopeHeader('frame', 0), body]);
  }

  /** @throws FRAME_TOO_LARGE, QUEUE_FULL, PEER_GONE, PROTOCOL_UNSUPPORTED, TOO_MANY_REQUESTS, REQUEST_TIMEOUT, REQUEST_ABORTED, the peer's code */
  request(body: Uint8Array, options: RequestOptions = {}): Promise<Uint8Array> {
    const { limits, clock, protocol, link } = this.options;
    const fields = { peerId: link.peerId, protocol };
    const { signal, timeoutMs = limits.requestTimeoutMs } = options;
    return new Promise((resolve, reject) => {
      checkFrameSize(body.length, limits.maxFrameSize);
      if (signal?.aborted === true) throw networkError('REQUEST_ABORTED', 'request was aborted', fields);
      if (this.pending.size >= limits.maxRequestsInFlight)
        throw networkError('TOO_MANY_REQUESTS', `${this.pending.size} requests in flight`, fields);
      const id = this.nextId;
      this.nextId = (this.nextId % 0xffffffff) + 1;
      this.write([envelopeHeader('request', id), body]);
      const giveUp = (code: 'REQUEST_TIMEOUT' | 'REQUEST_ABORTED', message: string): void => {
        if (!this.settle(id)) return;
        if (this.stream?.isOpen === true) this.tryWrite([envelopeHeader('cancel', id)]);
        reject(networkError(code, message, fields));
      };
      const cancelTimer: CancelTimer = clock.setTimer(timeoutMs, () =>
        giveUp('REQUEST_TIMEOUT', `no answer within ${timeoutMs} ms`),
      );
      const onAbort = (): void => giveUp('REQUEST_ABORTED', 'request was aborted');
      signal?.addEventListener('abort', onAbort);
      const release = (): void => {
        cancelTimer();
        signal?.removeEventListener('abort', onAbort);
      };
      this.pending.set(id, { resolve, reject, release });
    });
  }

  /** No new uses; what was queued is sent and requests may still be answered until the link closes. */
  retire(): void {
    this.retired = true;
    if (this.pending.size === 0) this.stream?.close();
  }

  /** The link is gone. */
  drop(error: Error): void {
    this.retired = true;
    this.early.length = 0;
    this.failPending(error);
    this.stream?.abort(error);
  }

  private write(parts: readonly Uint8Array[]): void {
    const { clock, limits, protocol, link } = this.options;
    if (this.retired) throw networkError('PEER_GONE', 'connection is closing', { peerId: link.peerId, protocol });
    if (this.stream?.isOpen === true) {
      this.stream.send(...parts);
      return;
    }
    if (this.failure !== undefined && clock.nowMs() - this.failure.atMs < 1000) throw this.failure.error;
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    const full = this.early.length >= limits.maxQueuedFrames || this.earlyBytes + size > limits.maxQueuedBytes;
    if (full && this.early.length > 0)
      throw networkError('QUEUE_FULL', `${this.early.length} frames wait on ${protocol}`, {
        peerId: link.peerId,
        protocol,
      });
    this.early.push(parts);
    this.earlyBytes += size;
    this.open();
  }

  private tryWrite(parts: readonly Uint8Array[]): void {
    try {
      this.stream?.send(...parts);
    } catch (error) {
      if (!isIsoquorumError(error)) throw error; // a full or closed stream loses the frame, as if the connection had broken
    }
  }

  private receive(bytes: Uint8Array): void {
    const { link, protocol, refused } = this.options;
    try {
      const { kind, id, body } = decodeEnvelope(bytes);
      if (kind !== 'answer' && kind !== 'refusal')
        throw networkError('PROTOCOL_VIOLATION', `${kind} from the answering end`, { protocol }, 'REJECT');
      if (kind === 'answer') {
        this.take(id)?.resolve(body);
        return;
      }
      const error = refusalToError(decodeRefusal(body), { peerId: link.peerId, protocol });
      if (id === 0) refused(error);
      else this.take(id)?.reject(error);
    } catch (error) {
      this.stream?.violate(error as Error);
    }
  }

  private settle(id: number): PendingRequest | undefined {
    const request = this.pending.get(id);
    if (request === undefined) return undefined;
    this.pending.delete(id);
    request.release();
    return request;
  }

  /** As settle, for an answer; an id that is unknown belongs to a request that was given up. */
  private take(id: number): PendingRequest | undefined {
    const request = this.settle(id);
    if (this.retired && this.pending.size === 0) this.stream?.close();
    return request;
  }

  private failPending(cause: Error): void {
    const { link, protocol } = this.options;
    const fields = { peerId: link.peerId, protocol };
    for (const id of this.pending.keys()) {
      const code = isIsoquorumError(cause) ? cause.code : 'PEER_GONE';
      const error =
        code === 'PROTOCOL_UNSUPPORTED' || code === 'PEER_GONE'
          ? cause
          : networkError('PEER_GONE', 'connection is gone', fields, 'RETRY', cause);
      this.settle(id)?.reject(error);
    }
  }

  private ended(stream: FrameStream, error: Error | undefined, violation: boolean): void {
    if (this.stream === stream) this.stream = undefined;
    const { link, protocol } = this.options;
    this.failPending(networkError('PEER_GONE', 'stream was closed', { peerId: link.peerId, protocol }, 'RETRY', error));
    if (violation || isIsoquorumError(error, 'PEER_STALLED')) this.options.violated(error as Error);
  }
}
