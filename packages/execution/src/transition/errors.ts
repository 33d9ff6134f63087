import type { Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToHex } from '@isoquorum/primitives/hex';

/** A transaction cannot be part of the block; texts are geth's and GoQuorum's. */
export type TransactionErrorCode =
  | 'NONCE_TOO_LOW'
  | 'NONCE_TOO_HIGH'
  | 'INSUFFICIENT_FUNDS'
  | 'INSUFFICIENT_FUNDS_FOR_TRANSFER'
  | 'INTRINSIC_GAS_TOO_LOW'
  | 'GAS_LIMIT_REACHED'
  | 'GAS_PRICE_NOT_ZERO'
  | 'TRANSACTION_TYPE_NOT_SUPPORTED'
  | 'INSUFFICIENT_BALANCE';

export function transactionError(
  code: TransactionErrorCode,
  message: string,
  fields: Record<string, unknown> = {},
): IsoquorumError {
  return new IsoquorumError(code, message, fields);
}

/** A block breaks a rule of execution: not to be imported, ever. Fields: `reason` and what differs. */
export type BlockErrorCode = 'BLOCK_INVALID';

export function blockInvalid(message: string, fields: Record<string, unknown> = {}, cause?: unknown): IsoquorumError {
  return new IsoquorumError('BLOCK_INVALID', message, fields, 'REJECT', cause === undefined ? undefined : { cause });
}

/** The error of transaction `index` as GoQuorum words it for a block. */
export function couldNotApply(index: number, hash: Hash32, cause: IsoquorumError): IsoquorumError {
  const text = `could not apply tx ${index} [${bytesToHex(hash)}]: ${cause.message}`;
  return blockInvalid(text, { index, transactionHash: bytesToHex(hash), code: cause.code }, cause);
}
