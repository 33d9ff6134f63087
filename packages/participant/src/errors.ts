import { type ErrorFields, IsoquorumError, type Reaction } from '@isoquorum/primitives/errors';

/** Codes of errors that the participant throws itself; those of the layers below pass through. */
export type ParticipantErrorCode =
  /** The genesis that was served does not hash to what the invitation names. */
  | 'GENESIS_MISMATCH'
  /** The genesis describes a chain that a page cannot check (Raft, Clique). */
  | 'CHAIN_NOT_SUPPORTED'
  /** A contract names the next validators, and what it says was not asked for. */
  | 'VALIDATORS_UNKNOWN'
  /** No invitation, and this identity was never admitted. */
  | 'NO_INVITATION'
  /** A body does not have the transactions root or uncles of its header. */
  | 'BODY_MISMATCH'
  /** An answer of a peer is not what was asked for. */
  | 'ANSWER_INVALID'
  /** No validator is connected. */
  | 'NO_VALIDATORS'
  /** No validator had, or gave, what was asked for. */
  | 'NOT_SERVED'
  /** A witness lacks what it should hold. */
  | 'WITNESS_INCOMPLETE'
  /** The private state is behind the head: it waits for an answer about a payload. */
  | 'PRIVATE_STATE_BEHIND'
  /** Arguments of a provider request that make no sense. */
  | 'ARGUMENTS_INVALID'
  /** Private transactions carry no value. */
  | 'VALUE_IN_PRIVATE'
  /** The request would have gone public although it looks as if it should be private. */
  | 'SILENT_DOWNGRADE'
  /** The account is not one of this page. */
  | 'ACCOUNT_UNKNOWN'
  /** No home is registered, and a recipient needs one. */
  | 'NO_HOME'
  /** There is no way to a page now. */
  | 'NO_ROUTE'
  /** The transaction was not in a block in time. */
  | 'NOT_INCLUDED'
  /** The provider has no such method. */
  | 'METHOD_NOT_FOUND'
  | 'STOPPED';

/** An error of the participant; `RETRY` unless told. */
export function participantError(
  code: ParticipantErrorCode,
  message: string,
  fields: ErrorFields = {},
  reaction: Reaction = 'RETRY',
): IsoquorumError<ParticipantErrorCode> {
  return new IsoquorumError(code, message, fields, reaction);
}
