import type { Address } from '@isoquorum/primitives/bytes';
import { type IsoquorumError, isIsoquorumError } from '@isoquorum/primitives/errors';
import { bftConfigAt } from '@isoquorum/primitives/genesis/bft-config';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { type Header, headerHash } from '@isoquorum/primitives/header';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { bftAuthor, engineAt, verifyBftHeader, verifyBftSeals } from './header.ts';
import { headerError } from './header-error.ts';
import { quorumAt } from './header-rules.ts';
import type { Profile } from './profile.ts';
import { qbftExtraOf } from './qbft/header.ts';
import { isUnsafeQuorum } from './quorum.ts';
import type { RecoverAddress } from './recover.ts';
import { genesisSnapshot, hasSameValidators, nextSnapshot, type Snapshot, validatorContractAt } from './snapshot.ts';

/** What a light follower checks against. */
export interface LightRules {
  readonly config: ChainConfig;
  /** `strict` unless there is a reason. */
  readonly profile: Profile;
  readonly recover: RecoverAddress;
  /** See `HeaderRules`. */
  readonly legacyBlockPeriodSeconds?: number;
}

/** How far a light follower has come. Immutable; store it with `encodeLightState`. */
export interface LightState {
  /** The last header that is verified. */
  readonly head: Header;
  /** Who validates after it, and the pending votes. */
  readonly snapshot: Snapshot;
}

/** What a verified header tells. */
export interface LightHeader {
  readonly header: Header;
  readonly author: Address;
  /** The set that decided on this header (that of its parent), sorted by bytes. */
  readonly validators: readonly Address[];
  readonly quorum: number;
  /** Round in which it was committed; undefined for IBFT. */
  readonly round: number | undefined;
  /** Who sealed it, each checked; empty when a later header of the segment vouches for it by its hash link. */
  readonly sealers: readonly Address[];
}

/** Result of accepting headers. */
export interface LightStep {
  readonly state: LightState;
  readonly accepted: readonly LightHeader[];
}

/**
 * What the contract that names the validators says on a header's own state, proved against its state root; undefined when that is not known.
 * Asked only where a contract does name them ({@link validatorContractAt}).
 */
export type ProvedValidators = (header: Header) => readonly Address[] | undefined;

const nothingProved: ProvedValidators = () => undefined;

/**
 * Starts at the genesis block, whose header the follower makes from the genesis file itself.
 * @throws VALIDATORS_UNPROVED when a contract names the first validators and nothing is proved; HeaderErrorCode
 */
export function createLightState(
  genesisHeader: Header,
  rules: LightRules,
  proved: ProvedValidators = nothingProved,
): LightState {
  verifyBftHeader(genesisHeader, undefined, [], { ...rules, nowSeconds: undefined, seals: 'unchecked' });
  const chosen = chosenAt(genesisHeader, rules.config, proved);
  return { head: genesisHeader, snapshot: genesisSnapshot(genesisHeader, rules, chosen) };
}

function chosenAt(header: Header, config: ChainConfig, proved: ProvedValidators): readonly Address[] | undefined {
  const { number } = header;
  if (validatorContractAt(config, number) === undefined) return undefined;
  const chosen = proved(header);
  if (chosen === undefined) throw headerError('VALIDATORS_UNPROVED', { number });
  return chosen;
}

function describe(header: Header, snapshot: Snapshot, rules: LightRules, sealers: readonly Address[]): LightHeader {
  const { config, recover } = rules;
  const { number } = header;
  return {
    header,
    author: bftAuthor(header, config, recover) ?? header.coinbase,
    validators: snapshot.validators,
    quorum: quorumAt(config, number, snapshot.validators.length),
    round: engineAt(config, number) === 'qbft' ? qbftExtraOf(header).round : undefined,
    sealers,
  };
}

/**
 * Verifies headers that follow the head one after the other (decision 14): hash links, author in the parent's set, votes
 * replayed, and a full quorum of distinct valid seals where the set changes and at the last header; headers between are
 * vouched for by the links. All or nothing.
 * @param nowSeconds headers later than this are refused; undefined: not checked
 * @param proved for chains whose validators a contract names: needed at every header, so that no change can be left out
 * @throws HeaderErrorCode (see `describeHeaderError` for sentences)
 */
export function acceptSegment(
  state: LightState,
  headers: readonly Header[],
  rules: LightRules,
  nowSeconds: bigint | undefined,
  proved: ProvedValidators = nothingProved,
): LightStep {
  let { head, snapshot } = state;
  const accepted: LightHeader[] = [];
  for (const [index, header] of headers.entries()) {
    const { number } = header;
    if (number !== head.number + 1 || !bytesEqual(header.parentHash, snapshot.hash))
      throw headerError('UNKNOWN_PARENT', { number, head: head.number });
    verifyBftHeader(header, head, snapshot.validators, { ...rules, nowSeconds, seals: 'unchecked' });
    const next = nextSnapshot(snapshot, header, rules, chosenAt(header, rules.config, proved));
    const isSealChecked = index === headers.length - 1 || !hasSameValidators(snapshot, next);
    const sealers = isSealChecked ? verifyBftSeals(header, snapshot.validators, rules) : [];
    accepted.push(describe(header, snapshot, rules, sealers));
    snapshot = next;
    head = header;
  }
  return { state: { head, snapshot }, accepted };
}

/** Verifies the next header with its seals. @throws HeaderErrorCode */
export function acceptHeader(
  state: LightState,
  header: Header,
  rules: LightRules,
  nowSeconds: bigint | undefined,
): { readonly state: LightState; readonly accepted: LightHeader } {
  const step = acceptSegment(state, [header], rules, nowSeconds);
  return { state: step.state, accepted: step.accepted[0] as LightHeader };
}

/**
 * True when the header is another block at the height of the head with a full quorum of the same validators: two final
 * blocks at one height, which only happens when more than F validators are traitors. An alarm, never a reorganisation.
 */
export function isConflict(before: LightState, head: Header, other: Header, rules: LightRules): boolean {
  if (other.number !== head.number || bytesEqual(headerHash(other), headerHash(head))) return false;
  try {
    acceptHeader(before, other, rules, undefined);
    return true;
  } catch {
    return false;
  }
}

/** A sentence when quorums of the set need not share a correct validator (decision 7), for logs, RPC and pages. */
export function quorumWarning(validatorCount: number, config: ChainConfig, number: number): string | undefined {
  const rule = (bftConfigAt(config, number)?.isCeil2NBy3 ?? true) ? 'ceil2N/3' : '2F+1';
  if (!isUnsafeQuorum(validatorCount, rule)) return undefined;
  return (
    `With ${validatorCount} validators under the rule 2F+1, two quorums need not share a correct validator: ` +
    `a split network can finalise two blocks at one height. Set ceil2Nby3Block in the genesis, or change the number of validators.`
  );
}

const sentences: Record<string, (fields: Readonly<Record<string, unknown>>) => string> = {
  SEALS_BELOW_QUORUM: ({ seals, needed }) => `has ${String(seals)} valid seals; ${String(needed)} are needed`,
  SEALS_MISSING: () => 'carries no seals',
  SEAL_DUPLICATE: ({ signer }) =>
    `carries two seals by one validator${typeof signer === 'string' ? ` (${signer})` : ''}`,
  SEAL_BY_STRANGER: ({ signer }) => `carries a seal by ${String(signer)}, who is no validator there`,
  SEAL_UNRECOVERABLE: () => 'carries a seal that is no signature of this header',
  AUTHOR_UNAUTHORIZED: ({ author }) =>
    `is authored by ${typeof author === 'string' ? author : 'someone'}, who is no validator there`,
  PROPOSER_SEAL_INVALID: () => 'has no valid signature of its proposer',
  UNKNOWN_PARENT: () => 'does not follow the last verified block',
  TIMESTAMP_INVALID: () => 'comes too soon after its parent',
  BLOCK_IN_FUTURE: () => 'has a time stamp in the future',
  VALIDATOR_LIST_MISMATCH: () => 'lists other validators than those in force',
  GAS_LIMIT_OUT_OF_BOUNDS: () => 'changes the gas limit by more than one step allows',
  GAS_USED_ABOVE_LIMIT: () => 'claims more gas than its limit',
};

/** A sentence for people about a refused header; undefined for errors that are not of headers. */
export function describeHeaderError(error: unknown): string | undefined {
  if (!isIsoquorumError(error) || typeof error.fields['number'] !== 'number') return undefined;
  const { code, fields, message }: IsoquorumError = error;
  const say = sentences[code];
  return `Header ${String(fields['number'])} ${say === undefined ? `is refused: ${message}` : say(fields)}.`;
}
