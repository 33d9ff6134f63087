import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { type BftTurn, refuse, signerKey } from './turn.ts';
import type { BftMessage, BftRecord, BySigner, Proposal } from './types.ts';

/** Whether a PREPARE or COMMIT is for the accepted proposal, and the first of its signer; refuses the input if not. */
export function isNewVote<M extends BftMessage, U, R extends BftRecord>(
  turn: BftTurn<M, U, R>,
  proposal: Proposal | undefined,
  votes: BySigner<unknown>,
  vote: { readonly digest: Hash32; readonly signer: Address },
): proposal is Proposal {
  if (proposal === undefined || !bytesEqual(proposal.digest, vote.digest)) {
    refuse(turn, 'INCONSISTENT_SUBJECT');
    return false;
  }
  if (!votes.has(signerKey(vote.signer))) return true;
  refuse(turn, 'DUPLICATE_MESSAGE');
  return false;
}
