import type { Clock } from '@isoquorum/platform/clock';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import type { FrameHandler, Peer, RequestHandler } from '../host.ts';
import { decodeEnvelope, envelopeHeader } from '../wire/envelope.ts';
import { checkFrameSize } from '../wire/frame.ts';
import { encodeRefusal, errorToRefusal } from '../wire/refusal.ts';
import { networkError } from './errors.ts';
import { FrameStream } from './frame-stream.ts';
import type { NetworkLimits } from './limits.ts';
import type { ByteStream } from './link.ts';

export interface ServiceOptions {
  readonly peer: Peer;
  readonly stream: ByteStream;
  readonly clock: Clock;
  readonly limits: NetworkLimits;
  frameHandler(): FrameHandler | undefined;
  requestHandler(): RequestHandler | undefined;
  /** A handler threw; `error` went back to the peer as a refusal. */
  readonly failed: (error: unknown) => void;
  /** The other end broke the rules. */
  readonly violated: (error: Error) => void;
  readonly ended: (service: Service) => void;
}

/** Our end of a stream that a peer opened: its frames and requests go to the handlers of the protocol. */
export class Service {
  private readonly options: ServiceOptions;
  private readonly stream: FrameStream;
  private readonly running = new Map<number, AbortController>();

  constructor(options: ServiceOptions) {
    this.options = options;
    this.stream = new FrameStream({
      stream: options.stream,
      clock: options.clock,
      limits: options.limits,
      handlers: { frame: (bytes) => this.receive(bytes), end: (error, violation) => this.end(error, violation) },
    });
  }

  get protocol(): string {
    return this.options.stream.protocol;
  }

  drop(error: Error): void {
    this.stream.abort(error);
  }

  private receive(bytes: Uint8Array): void | Promise<void> {
    const { options } = this;
    const { protocol } = options.stream;
    try {
      const { kind, id, body } = decodeEnvelope(bytes);
      checkFrameSize(body.length, options.limits.maxFrameSize);
      switch (kind) {
        case 'frame':
          return this.handleFrame(body);
        case 'request':
          if (id === 0 || this.running.has(id))
            throw networkError('PROTOCOL_VIOLATION', 'request id in use', { protocol, id }, 'REJECT');
          void this.handleRequest(id, body);
          return;
        case 'cancel':
          this.running.get(id)?.abort(networkError('REQUEST_ABORTED', 'peer cancelled the request', { protocol }));
          return;
        case 'answer':
        case 'refusal':
          throw networkError('PROTOCOL_VIOLATION', `${kind} from the asking end`, { protocol }, 'REJECT');
      }
    } catch (error) {
      this.stream.violate(error as Error);
    }
  }

  private handleFrame(body: Uint8Array): void | Promise<void> {
    const handler = this.options.frameHandler();
    if (handler === undefined) {
      this.refuse(0, this.unsupported());
      return;
    }
    try {
      const result = handler(this.options.peer, body);
      return result?.catch((error: unknown) => this.refuse(0, error));
    } catch (error) {
      this.refuse(0, error);
    }
  }

  private async handleRequest(id: number, body: Uint8Array): Promise<void> {
    const { peer, limits, stream } = this.options;
    const handler = this.options.requestHandler();
    if (handler === undefined || this.running.size >= limits.maxRequestsInFlight) {
      const busy = networkError('TOO_MANY_REQUESTS', `${this.running.size} requests in flight`, {
        protocol: stream.protocol,
      });
      this.refuse(id, handler === undefined ? this.unsupported() : busy);
      return;
    }
    const controller = new AbortController();
    this.running.set(id, controller);
    try {
      const answer = await handler(peer, body, controller.signal);
      checkFrameSize(answer.length, limits.maxFrameSize);
      if (this.stream.isOpen && !controller.signal.aborted) this.stream.send(envelopeHeader('answer', id), answer);
    } catch (error) {
      if (!controller.signal.aborted) this.refuse(id, error);
    } finally {
      this.running.delete(id);
    }
  }

  private refuse(id: number, error: unknown): void {
    this.options.failed(error);
    if (!this.stream.isOpen) return;
    try {
      this.stream.send(envelopeHeader('refusal', id), encodeRefusal(errorToRefusal(error)));
    } catch (failure) {
      if (!isIsoquorumError(failure)) throw failure;
      this.stream.abort(failure); // the peer does not read its answers
    }
  }

  private unsupported(): Error {
    const { protocol } = this.options.stream;
    return networkError('PROTOCOL_UNSUPPORTED', `${protocol} is not served here`, { protocol });
  }

  private end(error: Error | undefined, violation: boolean): void {
    const gone = networkError(
      'PEER_GONE',
      'peer closed the stream',
      { protocol: this.options.stream.protocol },
      'RETRY',
      error,
    );
    for (const controller of this.running.values()) controller.abort(gone);
    this.running.clear();
    this.options.ended(this);
    if (violation || isIsoquorumError(error, 'PEER_STALLED')) this.options.violated(error as Error);
  }
}
