import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bftConfigAt } from '@isoquorum/primitives/genesis/bft-config';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { type Header, headerHash } from '@isoquorum/primitives/header';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { bftAuthor, engineAt, headerVote, validatorsInExtra } from './header.ts';
import { headerError } from './header-error.ts';
import type { Profile } from './profile.ts';
import type { RecoverAddress } from './recover.ts';
import { includesAddress, sortValidators } from './validator-set.ts';
import { applyVote, type SnapshotVote, type Tally, type VoteDraft } from './vote-tally.ts';

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

/**
 * The snapshot after the last Raft block of a chain that goes over to BFT: validators by contract, else those that the transition lists.
 * @throws VALIDATORS_MISSING when the transition names neither
 */
export function lastRaftSnapshot(
  header: Header,
  rules: SnapshotRules,
  contractValidators?: readonly Address[],
): Snapshot {
  const { number } = header;
  const validators = contractValidators ?? bftConfigAt(rules.config, number + 1)?.validators ?? [];
  if (validators.length === 0) throw headerError('VALIDATORS_MISSING', { number: number + 1 });
  return { number, hash: headerHash(header), votes: [], tally: new Map(), validators: sortValidators(validators) };
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
  const draft: VoteDraft = {
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
