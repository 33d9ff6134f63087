import type { Clock } from '@isoquorum/platform/clock';
import { errorToRefusal, refusalToError } from '../wire/refusal.ts';
import {
  decodeControl,
  encodeControl,
  maxStatusFrameSize,
  type ControlFrame,
  type StatusMessage,
} from '../wire/status.ts';
import { networkError } from './errors.ts';
import { FrameStream } from './frame-stream.ts';
import type { NetworkLimits } from './limits.ts';
import type { ByteStream } from './link.ts';

export interface HandshakeOptions {
  readonly peerId: string;
  /** True at the end that opened the connection: it speaks first. */
  readonly opener: boolean;
  readonly stream: ByteStream;
  readonly clock: Clock;
  readonly limits: NetworkLimits;
  ourStatus(): StatusMessage;
  /** Throws the coded refusal when the peer may not take part. */
  check(status: StatusMessage): void;
}

/** A status stream whose handshake succeeded; it stays open for the goodbye. */
export interface ControlStream {
  readonly status: StatusMessage;
  goodbye(error: Error): void;
  /** Called with the reason when the peer says goodbye, or with undefined when the stream ends without one. */
  onEnd(listener: (reason: Error | undefined, violation: boolean) => void): void;
}

/**
 * Runs the status handshake over the status stream of a new connection.
 * @throws the refusal of either end (`refused: true` when it was theirs), HANDSHAKE_TIMEOUT, PEER_GONE, errors of malformed frames
 */
export function runHandshake(options: HandshakeOptions): Promise<ControlStream> {
  const { clock, limits, opener, peerId } = options;
  return new Promise((resolve, reject) => {
    let status: StatusMessage | undefined;
    let settled = false;
    let reason: Error | undefined;
    let endListener: ((reason: Error | undefined, violation: boolean) => void) | undefined;
    let ended: { readonly violation: boolean } | undefined;
    const send = (frame: ControlFrame): void => frames.send(encodeControl(frame));
    const fail = (error: Error): void => {
      if (settled) return;
      settled = true;
      cancelTimer();
      reject(error);
    };
    const succeed = (theirs: StatusMessage): void => {
      settled = true;
      cancelTimer();
      resolve({
        status: theirs,
        goodbye: (error) => {
          if (!frames.isOpen) return;
          send({ type: 'goodbye', refusal: errorToRefusal(error) });
          frames.close();
        },
        onEnd: (listener) => {
          endListener = listener;
          if (ended !== undefined) listener(reason, ended.violation);
        },
      });
    };
    const take = (frame: ControlFrame): void => {
      const fields = { peerId };
      if (frame.type === 'goodbye') {
        reason = refusalToError(frame.refusal, fields);
        fail(reason);
        return;
      }
      if (settled) throw networkError('PROTOCOL_VIOLATION', `${frame.type} after the handshake`, fields, 'REJECT');
      if (frame.type === 'refuse') {
        fail(refusalToError(frame.refusal, fields));
        frames.close();
        return;
      }
      if (frame.type === 'ready' && !opener && status !== undefined) {
        succeed(status);
        return;
      }
      if (frame.type === 'ready' || status !== undefined)
        throw networkError('PROTOCOL_VIOLATION', `${frame.type} out of turn`, fields, 'REJECT');
      status = frame.status;
      try {
        options.check(status);
      } catch (error) {
        send({ type: 'refuse', refusal: errorToRefusal(error) });
        frames.close();
        fail(error as Error);
        return;
      }
      if (opener) {
        send({ type: 'ready' });
        succeed(status);
      } else {
        send({ type: 'status', status: options.ourStatus() });
      }
    };
    const frames = new FrameStream({
      stream: options.stream,
      clock,
      limits,
      readLimit: maxStatusFrameSize,
      handlers: {
        frame: (bytes) => {
          try {
            take(decodeControl(bytes));
          } catch (error) {
            frames.violate(error as Error);
          }
        },
        end: (error, violation) => {
          ended = { violation };
          reason ??= error;
          fail(error ?? networkError('PEER_GONE', 'peer closed the status stream', { peerId }));
          endListener?.(reason, violation);
        },
      },
    });
    const cancelTimer = clock.setTimer(limits.handshakeTimeoutMs, () => {
      fail(networkError('HANDSHAKE_TIMEOUT', 'no status in time', { peerId }));
      frames.abort(networkError('HANDSHAKE_TIMEOUT', 'no status in time', { peerId }));
    });
    if (opener) send({ type: 'status', status: options.ourStatus() });
  });
}
