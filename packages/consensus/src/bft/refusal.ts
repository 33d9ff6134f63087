import type { Reaction } from '@isoquorum/primitives/errors';

/** One line per reason why an input is not accepted. `text` is GoQuorum's where it has one. */
export interface BftRefusal {
  readonly code: BftRefusalCode;
  readonly text: string;
  readonly reaction: Reaction;
}

/** Codes of refusals; what each means stands at `refusals`. */
export type BftRefusalCode =
  | 'FUTURE_MESSAGE'
  | 'OLD_MESSAGE'
  | 'INVALID_MESSAGE'
  | 'DUPLICATE_MESSAGE'
  | 'SIGNER_UNKNOWN'
  | 'SIGNATURE_INVALID'
  | 'NOT_PROPOSER'
  | 'INCONSISTENT_SUBJECT'
  | 'NOT_JUSTIFIED'
  | 'CERTIFICATE_INVALID'
  | 'CERTIFICATE_INSUFFICIENT'
  | 'COMMIT_SEAL_INVALID'
  | 'EQUIVOCATION'
  | 'PROPOSAL_INVALID'
  | 'PROPOSAL_IN_FUTURE'
  | 'ALREADY_SIGNED'
  | 'CANDIDATE_STALE'
  | 'NOT_VALIDATOR'
  | 'STALE_INPUT'
  | 'NOT_STARTED'
  | 'NO_CANDIDATE'
  | 'ROUND_AHEAD';

const refusals: Record<BftRefusalCode, readonly [string, Reaction]> = {
  /** The message is for a later view; kept. */
  FUTURE_MESSAGE: ['future message', 'IGNORE'],
  /** The message is for a view that is over. */
  OLD_MESSAGE: ['old message', 'IGNORE'],
  /** The message does not fit the phase of the round. */
  INVALID_MESSAGE: ['invalid message', 'IGNORE'],
  /** The same validator sent the same message before. */
  DUPLICATE_MESSAGE: ['duplicate message', 'IGNORE'],
  /** The signer is no validator of this height, or not the one that the message names. */
  SIGNER_UNKNOWN: ['message not signed by the sender', 'REJECT'],
  /** Nobody can have signed it. */
  SIGNATURE_INVALID: ['message not signed by the sender', 'REJECT'],
  /** A PRE-PREPARE by a validator whose turn it is not. */
  NOT_PROPOSER: ['message does not come from proposer', 'REJECT'],
  /** PREPARE or COMMIT for another block than the accepted proposal (IBFT: "inconsistent subjects"). */
  INCONSISTENT_SUBJECT: ['invalid message', 'IGNORE'],
  /** A PRE-PREPARE after round 0 whose justification does not hold. */
  NOT_JUSTIFIED: ['invalid prepared block in round change messages', 'REJECT'],
  /** A ROUND-CHANGE comes with PREPAREs that are not all by validators. Nobody passes it on. */
  CERTIFICATE_INVALID: ['invalid prepared certificate in round change message', 'REJECT'],
  /** A ROUND-CHANGE comes with PREPAREs by validators that do not certify what it claims. Profile `goquorum` passes it on, and looks at them when it proposes. */
  CERTIFICATE_INSUFFICIENT: ['invalid prepared certificate in round change message', 'REJECT'],
  /** The seal inside a COMMIT is not by its sender for this block and round. */
  COMMIT_SEAL_INVALID: ['invalid committed seal', 'REJECT'],
  /** Two different messages for one view by one validator. */
  EQUIVOCATION: ['validator signed two different messages for one view', 'REJECT'],
  /** The proposal is not a valid block. */
  PROPOSAL_INVALID: ['invalid proposal', 'REJECT'],
  /** The proposal's time stamp is ahead of the clock. */
  PROPOSAL_IN_FUTURE: ['block in the future', 'IGNORE'],
  /** A proposal that contradicts what this node signed before a restart. */
  ALREADY_SIGNED: ['another proposal was signed in this round', 'IGNORE'],
  /** A candidate block that does not belong to this height. */
  CANDIDATE_STALE: ['candidate block does not fit the height', 'IGNORE'],
  /** This node is no validator at this height. */
  NOT_VALIDATOR: ['not a validator at this height', 'IGNORE'],
  /** A timer or an answer for something that is over. */
  STALE_INPUT: ['input is out of date', 'IGNORE'],
  /** Input before `start`. */
  NOT_STARTED: ['not started', 'IGNORE'],
  /** IBFT: a ROUND-CHANGE for a later round that changes nothing yet; kept, not passed on. */
  ROUND_AHEAD: ['message is ignored', 'IGNORE'],
  /** No candidate block to propose yet. */
  NO_CANDIDATE: ['no proposal as pending request is nil', 'IGNORE'],
};

/** The refusal with the given code; `text` overrides the usual text. */
export function bftRefusal(code: BftRefusalCode, text?: string): BftRefusal {
  const [usual, reaction] = refusals[code];
  return { code, text: text ?? usual, reaction };
}
