import { maxFrameSize } from '../wire/frame.ts';

/** Bounds on what one peer may cost. */
export interface NetworkLimits {
  /** Largest frame, request or answer in bytes. */
  readonly maxFrameSize: number;
  /** Frames that may wait for one protocol of one peer. */
  readonly maxQueuedFrames: number;
  /** Bytes that may wait for one protocol of one peer; one frame is always accepted by an empty queue. */
  readonly maxQueuedBytes: number;
  /** Received bytes that may wait for a slow handler before the stream is paused. */
  readonly maxReceivedBytes: number;
  /** Requests without an answer that one peer may have at another, each way and for each protocol. */
  readonly maxRequestsInFlight: number;
  /** Default time for an answer. */
  readonly requestTimeoutMs: number;
  /** Time for the status handshake. */
  readonly handshakeTimeoutMs: number;
  /** A peer that takes no bytes for so long is dropped. */
  readonly stallTimeoutMs: number;
  /** How long a connection that was replaced by a better one may still finish its work. */
  readonly replacedGraceMs: number;
  /** Fault points at which a peer is banned; points fade at this rate each minute. */
  readonly faultLimit: number;
  readonly banMs: number;
}

export const defaultLimits: NetworkLimits = {
  maxFrameSize,
  maxQueuedFrames: 4096,
  maxQueuedBytes: 32 * 1024 * 1024,
  maxReceivedBytes: 1024 * 1024,
  maxRequestsInFlight: 64,
  requestTimeoutMs: 10_000,
  handshakeTimeoutMs: 10_000,
  stallTimeoutMs: 30_000,
  replacedGraceMs: 3_000,
  faultLimit: 100,
  banMs: 30_000,
};
