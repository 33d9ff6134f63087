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
  | 'NOT_BFT'
  | 'VALIDATORS_MISSING'
  | 'VALIDATORS_UNPROVED'
  /** Clique only, from here on. */
  | 'NOT_CLIQUE'
  | 'CHECKPOINT_BENEFICIARY'
  | 'CHECKPOINT_VOTE'
  | 'VANITY_MISSING'
  | 'SEAL_MISSING'
  | 'SIGNERS_UNEXPECTED'
  | 'SIGNERS_INVALID'
  | 'SIGNERS_MISMATCH'
  | 'MIX_DIGEST_NOT_ZERO'
  | 'SIGNER_UNAUTHORIZED'
  | 'SIGNED_RECENTLY'
  | 'DIFFICULTY_WRONG'
  /** Raft only. */
  | 'RAFT_SEAL_INVALID';

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
  VALIDATORS_UNPROVED: 'a contract names the validators, and what it says is not proved',
  VALIDATORS_MISSING: 'the transition from Raft names no validators',
  NOT_CLIQUE: 'chain is not Clique',
  CHECKPOINT_BENEFICIARY: 'beneficiary in checkpoint block non-zero',
  CHECKPOINT_VOTE: 'vote nonce in checkpoint block non-zero',
  VANITY_MISSING: 'extra-data 32 byte vanity prefix missing',
  SEAL_MISSING: 'extra-data 65 byte signature suffix missing',
  SIGNERS_UNEXPECTED: 'non-checkpoint block contains extra signer list',
  SIGNERS_INVALID: 'invalid signer list on checkpoint block',
  SIGNERS_MISMATCH: 'mismatching signer list on checkpoint block',
  MIX_DIGEST_NOT_ZERO: 'non-zero mix digest',
  SIGNER_UNAUTHORIZED: 'unauthorized signer',
  SIGNED_RECENTLY: 'recently signed',
  DIFFICULTY_WRONG: 'wrong difficulty',
  RAFT_SEAL_INVALID: 'extra data does not carry the seal of a minter',
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
