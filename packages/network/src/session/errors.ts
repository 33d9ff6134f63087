import { IsoquorumError, type ErrorFields, type Reaction } from '@isoquorum/primitives/errors';

/** Codes of what may go wrong between two hosts; a refusal by the other end keeps the other end's code and has `refused: true`. */
export type NetworkErrorCode =
  /** The connection to the peer is gone, or there never was one. */
  | 'PEER_GONE'
  /** More frames or bytes wait for this peer than the limit; nothing was queued. */
  | 'QUEUE_FULL'
  /** The other end does not serve this protocol. */
  | 'PROTOCOL_UNSUPPORTED'
  | 'REQUEST_TIMEOUT'
  | 'REQUEST_ABORTED'
  /** More requests in flight than the limit, here or at the other end. */
  | 'TOO_MANY_REQUESTS'
  /** No transport could reach the address; `cause` says why. */
  | 'DIAL_FAILED'
  | 'HOST_STOPPED'
  /** The identity is on no list of this host (or no longer). */
  | 'NOT_ADMITTED'
  /** Too many faults lately; fields: `untilMs`. */
  | 'PEER_BANNED'
  /** The other end speaks another version of the handshake. */
  | 'STATUS_VERSION_MISMATCH'
  | 'NETWORK_MISMATCH'
  | 'GENESIS_MISMATCH'
  | 'FORK_MISMATCH'
  /** The peer says that it is a node and is listed as a browser, or the reverse. */
  | 'ROLE_MISMATCH'
  | 'HANDSHAKE_TIMEOUT'
  /** The other end broke the protocol: a frame of the wrong kind, bytes that are no frame, a stream before its time. */
  | 'PROTOCOL_VIOLATION'
  /** The peer took no bytes for too long. */
  | 'PEER_STALLED'
  /** A list stays locked by another process. */
  | 'FILE_LOCKED';

export function networkError(
  code: NetworkErrorCode,
  message: string,
  fields: ErrorFields = {},
  reaction: Reaction = 'RETRY',
  cause?: unknown,
): IsoquorumError<NetworkErrorCode> {
  return new IsoquorumError(code, message, fields, reaction, cause === undefined ? undefined : { cause });
}
