import { IsoquorumError, type Reaction } from '@isoquorum/primitives/errors';

/** Why the pool refuses a transaction; the texts are GoQuorum's, on which clients match. */
export type PoolErrorCode =
  | 'ALREADY_KNOWN'
  | 'INVALID_SENDER'
  | 'NONCE_TOO_LOW'
  | 'NONCE_MAX'
  | 'GAS_PRICE_NOT_ZERO'
  | 'INSUFFICIENT_FUNDS'
  | 'PRIVATE_VALUE'
  /** Ours: value in a privacy marker, which no block can hold. */
  | 'MARKER_VALUE'
  | 'OVERSIZED_DATA'
  | 'GAS_LIMIT'
  | 'INTRINSIC_GAS'
  | 'UNDERPRICED'
  | 'REPLACEMENT_UNDERPRICED'
  | 'TX_TYPE_NOT_SUPPORTED'
  | 'POOL_FULL'
  | 'ACCOUNT_DENIED';

const texts: Readonly<Record<PoolErrorCode, string>> = {
  ALREADY_KNOWN: 'already known',
  INVALID_SENDER: 'invalid sender',
  NONCE_TOO_LOW: 'nonce too low',
  NONCE_MAX: 'nonce has max value',
  GAS_PRICE_NOT_ZERO: 'Gas price not 0',
  INSUFFICIENT_FUNDS: 'insufficient funds for gas * price + value',
  PRIVATE_VALUE: 'ether value is not supported for private transactions',
  MARKER_VALUE: 'ether value is not supported for privacy marker transactions',
  OVERSIZED_DATA: 'oversized data',
  GAS_LIMIT: 'exceeds block gas limit',
  INTRINSIC_GAS: 'intrinsic gas too low',
  UNDERPRICED: 'transaction underpriced',
  REPLACEMENT_UNDERPRICED: 'replacement transaction underpriced',
  TX_TYPE_NOT_SUPPORTED: 'transaction type not supported',
  POOL_FULL: 'txpool is full',
  ACCOUNT_DENIED: 'account does not have permission for the transaction',
};

/** A peer that sends such a transaction may be honest but late, except where nobody honest would. */
const faults: ReadonlySet<PoolErrorCode> = new Set(['INVALID_SENDER', 'OVERSIZED_DATA']);

export function poolError(
  code: PoolErrorCode,
  fields: Readonly<Record<string, unknown>> = {},
): IsoquorumError<PoolErrorCode> {
  const reaction: Reaction = faults.has(code) ? 'REJECT' : code === 'POOL_FULL' ? 'RETRY' : 'IGNORE';
  return new IsoquorumError(code, texts[code], fields, reaction);
}
