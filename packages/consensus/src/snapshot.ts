import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bftConfigAt } from '@isoquorum/primitives/genesis/bft-config';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { type Header, headerHash } from '@isoquorum/primitives/header';
import { bytesEqual, bytesToBareHex } from '@isoquorum/primitives/hex';
import { bftAuthor, engineAt, type HeaderVote, headerVote, validatorsInExtra } from './header.ts';
import { headerError } from './header-error.ts';
import type { Profile } from './profile.ts';
import type { RecoverAddress } from './recover.ts';
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

/** Who validates after a block, and which votes are pending (goquorum.md 9.9). Immutable. */
export interface Snapshot {
  readonly number: number;
  readonly hash: Hash32;
  /** In the order cast. */
  readonly votes: readonly SnapshotVote[];
  /** By candidate (hex without 0x). */
  readonly tally: ReadonlyMap<string, Tally>;
  /** Sorted by bytes. These decide on block `number + 1`. */
  readonly validators: readonly Address[];
}

/** What applying headers depends on. */
export interface SnapshotRules {
  readonly config: ChainConfig;
  readonly recover: RecoverAddress;
  readonly profile: Profile;
}

/**
 * The contract that names the validators after block `number`, if they come from one: call `getValidators()` (0xb7ab4db5,
 * returns address[]) on the state of that block and hand the result to `genesisSnapshot` or `nextSnapshot`.
 */
export function validatorContractAt(config: ChainConfig, number: number): Address | undefined {
  const settings = bftConfigAt(config, number);
  return settings?.validatorSelectionMode === 'contract' ? settings.validatorContractAddress : undefined;
}

/** The set that the configuration prescribes after block `number`. The original sees the first transition only. */
function configuredValidators({ config, profile }: SnapshotRules, number: number): readonly Address[] | undefined {
  const settings = bftConfigAt(config, number);
  if (settings === undefined || settings.algorithm !== 'qbft' || settings.validators.length === 0) return undefined;
  if (settings.validatorSelectionMode !== 'blockheader') return undefined;
  if (profile === 'goquorum' && number > 0 && config.transitions[0]?.block !== number) return undefined;
  return settings.validators;
}

/**
 * The snapshot of the genesis block: validators by contract, else by config, else from the extra data.
 * @param contractValidators needed when {@link validatorContractAt} names a contract at block 0
 */
export function genesisSnapshot(
  header: Header,
  rules: SnapshotRules,
  contractValidators?: readonly Address[],
): Snapshot {
  const { number } = header;
  const validators =
    contractValidators ?? configuredValidators(rules, number) ?? validatorsInExtra(header, rules.config);
  return { number, hash: headerHash(header), votes: [], tally: new Map(), validators: sortValidators(validators) };
}

interface Draft {
  votes: readonly SnapshotVote[];
  readonly tally: Map<string, Tally>;
  validators: readonly Address[];
}

/** Counts only if it would change something: add a stranger, or drop a validator. */
export function isVoteUseful(validators: readonly Address[], vote: HeaderVote): boolean {
  return includesAddress(validators, vote.candidate) !== vote.authorize;
}

function uncast(draft: Draft, vote: { readonly candidate: Address; readonly authorize: boolean }): void {
  const key = bytesToBareHex(vote.candidate);
  const tally = draft.tally.get(key);
  if (tally === undefined || tally.authorize !== vote.authorize) return;
  if (tally.votes > 1) draft.tally.set(key, { ...tally, votes: tally.votes - 1 });
  else draft.tally.delete(key);
}

/** False when the vote is not useful. */
function cast(draft: Draft, vote: HeaderVote): boolean {
  if (!isVoteUseful(draft.validators, vote)) return false;
  const key = bytesToBareHex(vote.candidate);
  const votes = (draft.tally.get(key)?.votes ?? 0) + 1;
  const authorize = draft.tally.get(key)?.authorize ?? vote.authorize;
  draft.tally.set(key, { candidate: vote.candidate, authorize, votes });
  return true;
}

function applyVote(draft: Draft, author: Address, number: number, vote: HeaderVote): void {
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

/**
 * The snapshot after one more header, which must be verified already.
 * @param contractValidators needed when {@link validatorContractAt} names a contract at the header's block
 * @throws UNKNOWN_PARENT, AUTHOR_UNAUTHORIZED, VOTE_TYPE_INVALID, EXTRA_INVALID
 */
export function nextSnapshot(
  snapshot: Snapshot,
  header: Header,
  rules: SnapshotRules,
  contractValidators?: readonly Address[],
): Snapshot {
  const { number } = header;
  const { config, recover } = rules;
  if (number !== snapshot.number + 1 || !bytesEqual(header.parentHash, snapshot.hash))
    throw headerError('UNKNOWN_PARENT', { number });
  const author = bftAuthor(header, config, recover);
  if (author === undefined || !includesAddress(snapshot.validators, author))
    throw headerError('AUTHOR_UNAUTHORIZED', { number });
  const isEpoch = number % (bftConfigAt(config, number)?.epochLength ?? 1) === 0;
  const draft: Draft = {
    votes: isEpoch ? [] : snapshot.votes,
    tally: isEpoch ? new Map() : new Map(snapshot.tally),
    validators: snapshot.validators,
  };
  const vote = headerVote(header, config);
  if (vote !== undefined) applyVote(draft, author, number, vote);
  const override = contractValidators ?? configuredValidators(rules, number);
  const validators = override === undefined ? draft.validators : sortValidators(override);
  return { number, hash: headerHash(header), votes: draft.votes, tally: draft.tally, validators };
}

/** True when the header may change who validates (a vote takes effect, a contract, a transition): light clients check seals there. */
export function hasSameValidators(left: Snapshot, right: Snapshot): boolean {
  return (
    left.validators.length === right.validators.length &&
    left.validators.every((validator, index) => bytesEqual(validator, right.validators[index] as Address))
  );
}

/** The engine that decides on the block after the snapshot. */
export function engineAfter(snapshot: Snapshot, config: ChainConfig): ReturnType<typeof engineAt> {
  return engineAt(config, snapshot.number + 1);
}
