import type { Address } from '@isoquorum/primitives/bytes';
import { bytesEqual, bytesToBareHex } from '@isoquorum/primitives/hex';
import type { HeaderVote } from './header.ts';
import { includesAddress, sortValidators } from './validator-set.ts';

/** A vote that waits for others. */
export interface SnapshotVote {
  readonly validator: Address;
  readonly block: number;
  readonly candidate: Address;
  readonly authorize: boolean;
}

/** How many validators want the same about one candidate. */
export interface Tally {
  readonly candidate: Address;
  readonly authorize: boolean;
  readonly votes: number;
}

/** Votes, their counts and the set that they change, while a header is applied; the rules are the same for IBFT, QBFT and Clique. */
export interface VoteDraft {
  /** In the order cast. */
  votes: readonly SnapshotVote[];
  /** By candidate (hex without 0x). */
  readonly tally: Map<string, Tally>;
  /** Sorted by bytes. */
  validators: readonly Address[];
}

/** Counts only if it would change something: add a stranger, or drop a validator. */
export function isVoteUseful(validators: readonly Address[], vote: HeaderVote): boolean {
  return includesAddress(validators, vote.candidate) !== vote.authorize;
}

function uncast(draft: VoteDraft, vote: { readonly candidate: Address; readonly authorize: boolean }): void {
  const key = bytesToBareHex(vote.candidate);
  const tally = draft.tally.get(key);
  if (tally === undefined || tally.authorize !== vote.authorize) return;
  if (tally.votes > 1) draft.tally.set(key, { ...tally, votes: tally.votes - 1 });
  else draft.tally.delete(key);
}

/** False when the vote is not useful. */
function cast(draft: VoteDraft, vote: HeaderVote): boolean {
  if (!isVoteUseful(draft.validators, vote)) return false;
  const key = bytesToBareHex(vote.candidate);
  const votes = (draft.tally.get(key)?.votes ?? 0) + 1;
  const authorize = draft.tally.get(key)?.authorize ?? vote.authorize;
  draft.tally.set(key, { candidate: vote.candidate, authorize, votes });
  return true;
}

/** Takes a vote by `author` into account, and its effect when a majority of the set wants the same (goquorum.md 9.9). */
export function applyVote(draft: VoteDraft, author: Address, number: number, vote: HeaderVote): void {
  const { candidate, authorize } = vote;
  const isEarlier = (other: SnapshotVote): boolean =>
    bytesEqual(other.validator, author) && bytesEqual(other.candidate, candidate);
  const earlier = draft.votes.find(isEarlier);
  if (earlier !== undefined) {
    uncast(draft, earlier);
    draft.votes = draft.votes.filter((other) => other !== earlier);
  }
  if (cast(draft, vote)) draft.votes = [...draft.votes, { validator: author, block: number, candidate, authorize }];
  const tally = draft.tally.get(bytesToBareHex(candidate));
  if (tally === undefined || tally.votes <= Math.floor(draft.validators.length / 2)) return;
  if (tally.authorize) draft.validators = sortValidators([...draft.validators, candidate]);
  else {
    draft.validators = draft.validators.filter((validator) => !bytesEqual(validator, candidate));
    for (const cancelled of draft.votes.filter((other) => bytesEqual(other.validator, candidate)))
      uncast(draft, cancelled);
    draft.votes = draft.votes.filter((other) => !bytesEqual(other.validator, candidate));
  }
  draft.votes = draft.votes.filter((other) => !bytesEqual(other.candidate, candidate));
  draft.tally.delete(bytesToBareHex(candidate));
}
