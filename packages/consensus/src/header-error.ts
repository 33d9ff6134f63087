import { type ErrorFields, IsoquorumError, type Reaction } from '@isoquorum/primitives/errors';

/** Why a header is refused. Each code's text is GoQuorum's where it has one (goquorum.md 9.2). */
export type HeaderErrorCode =
  | 'BLOCK_IN_FUTURE'
  | 'EXTRA_INVALID'
  | 'NONCE_INVALID'
  | 'MIX_DIGEST_INVALID'
  | 'UNCLES_NOT_EMPTY'
  | 'DIFFICULTY_INVALID'
  | 'UNKNOWN_PARENT'
  | 'TIMESTAMP_INVALID'
  | 'AUTHOR_UNAUTHORIZED'
  | 'PROPOSER_SEAL_INVALID'
  | 'SEALS_MISSING'
  | 'SEAL_UNRECOVERABLE'
  | 'SEAL_BY_STRANGER'
  | 'SEAL_DUPLICATE'
  | 'SEALS_BELOW_QUORUM'
  /** Strict only, from here on. */
  | 'VANITY_LENGTH_INVALID'
  | 'VALIDATOR_LIST_MISMATCH'
  | 'VOTE_TYPE_INVALID'
  | 'GAS_LIMIT_OUT_OF_BOUNDS'
  | 'GAS_USED_ABOVE_LIMIT'
  | 'NOT_BFT';

const texts: Record<HeaderErrorCode, string> = {
  BLOCK_IN_FUTURE: 'block in the future',
  EXTRA_INVALID: 'invalid extra data format',
  NONCE_INVALID: 'invalid nonce',
  MIX_DIGEST_INVALID: 'invalid Istanbul mix digest',
  UNCLES_NOT_EMPTY: 'non empty uncle hash',
  DIFFICULTY_INVALID: 'invalid difficulty',
  UNKNOWN_PARENT: 'unknown ancestor',
  TIMESTAMP_INVALID: 'invalid timestamp',
  AUTHOR_UNAUTHORIZED: 'unauthorized',
  PROPOSER_SEAL_INVALID: 'invalid signature',
  SEALS_MISSING: 'zero committed seals',
  SEAL_UNRECOVERABLE: 'invalid signature',
  SEAL_BY_STRANGER: 'invalid committed seals',
  SEAL_DUPLICATE: 'invalid committed seals',
  SEALS_BELOW_QUORUM: 'invalid committed seals',
  VANITY_LENGTH_INVALID: 'vanity in extra data is not of 32 bytes',
  VALIDATOR_LIST_MISMATCH: 'validator list in extra data is not the one in force',
  VOTE_TYPE_INVALID: 'vote nonce not 0x00..0 or 0xff..f',
  GAS_LIMIT_OUT_OF_BOUNDS: 'invalid gas limit',
  GAS_USED_ABOVE_LIMIT: 'invalid gas used',
  NOT_BFT: 'chain is neither IBFT nor QBFT at this block',
};

const reactions: Partial<Record<HeaderErrorCode, Reaction>> = { BLOCK_IN_FUTURE: 'RETRY', UNKNOWN_PARENT: 'RETRY' };

/** The error of a header check. Fields always have `number`. */
export function headerError(
  code: HeaderErrorCode,
  fields: ErrorFields & { readonly number: number },
  text: string = texts[code],
): IsoquorumError<HeaderErrorCode> {
  return new IsoquorumError(code, text, fields, reactions[code] ?? 'REJECT');
}
