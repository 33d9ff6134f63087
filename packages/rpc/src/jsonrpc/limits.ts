/** Bounds of what one client may ask at once. */
export interface RpcLimits {
  /** Bytes of one HTTP body. */
  readonly bodyBytesMax: number;
  /** Bytes of one WebSocket message. */
  readonly messageBytesMax: number;
  /** Entries of one batch. */
  readonly batchEntriesMax: number;
  /** Characters of one batch's answer. */
  readonly batchAnswerMax: number;
  /** Subscriptions of one connection. */
  readonly subscriptionsMax: number;
  /** Requests of one connection that run at the same time; the connection is not read meanwhile. */
  readonly inFlightMax: number;
  /** Bytes that wait to be sent to one connection; a subscriber that is slower is disconnected. */
  readonly backlogBytesMax: number;
}

/** The first two are GoQuorum's, the batch limits those of later geth; GoQuorum has none. */
export const DEFAULT_LIMITS: RpcLimits = {
  bodyBytesMax: 5 * 1024 * 1024,
  messageBytesMax: 15 * 1024 * 1024,
  batchEntriesMax: 1000,
  batchAnswerMax: 25_000_000,
  subscriptionsMax: 1000,
  inFlightMax: 128,
  backlogBytesMax: 32 * 1024 * 1024,
};
