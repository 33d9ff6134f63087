import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bftConfigAt } from '@isoquorum/primitives/genesis/bft-config';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { emptyUncleHash, type Header, headerHash } from '@isoquorum/primitives/header';
import { bytesEqual, bytesToBareHex } from '@isoquorum/primitives/hex';
import { ISTANBUL_DIGEST } from '@isoquorum/primitives/istanbul-digest';
import { verifyGasBounds } from './gas-bounds.ts';
import { headerError } from './header-error.ts';
import type { Profile } from './profile.ts';
import { faultsOf, quorumOf } from './quorum.ts';
import type { RecoverAddress } from './recover.ts';
import { addressesEqual, addressKeys, includesAddress, sortValidators } from './validator-set.ts';

/** What a header is checked against, besides its parent and the validators. */
export interface HeaderRules {
  readonly profile: Profile;
  readonly config: ChainConfig;
  readonly recover: RecoverAddress;
  /** Seconds; headers later than this (plus `allowedFutureSeconds`) are refused. Undefined: not checked. */
  readonly nowSeconds: bigint | undefined;
  /** `--allowedfutureblocktime`; 0 unless told. */
  readonly allowedFutureSeconds?: bigint;
  /** `--istanbul.blockperiod` of chains with the legacy `istanbul` key, which has no key for it; ignored on others. */
  readonly legacyBlockPeriodSeconds?: number;
  /** `unchecked`: a proposal, or a header whose seals are vouched for otherwise (hash links below a sealed header). */
  readonly seals: 'checked' | 'unchecked';
}

/** What an engine reads from a header's extra data. */
export interface SealedHeader {
  readonly vanity: Uint8Array;
  readonly validators: readonly Address[];
  readonly author: Address | undefined;
  readonly committedSeals: readonly Uint8Array[];
  /** What the committed seals sign. Called only when they are checked. */
  readonly sealDigest: () => Hash32;
}

/** Checks that need the header alone, in the original's order; `readExtra` must throw EXTRA_INVALID. */
export function verifyHeaderAlone(header: Header, rules: HeaderRules, readExtra: () => void): void {
  const { number, timestamp } = header;
  const { nowSeconds, allowedFutureSeconds = 0n } = rules;
  if (nowSeconds !== undefined && timestamp > nowSeconds + allowedFutureSeconds)
    throw headerError('BLOCK_IN_FUTURE', { number, timestamp, now: nowSeconds });
  readExtra();
  if (!bytesEqual(header.mixHash, ISTANBUL_DIGEST)) throw headerError('MIX_DIGEST_INVALID', { number });
  if (!bytesEqual(header.uncleHash, emptyUncleHash)) throw headerError('UNCLES_NOT_EMPTY', { number });
  if (header.difficulty !== 1n) throw headerError('DIFFICULTY_INVALID', { number, difficulty: header.difficulty });
}

/** Above this a time stamp is in nanoseconds: in seconds it would be the year 33,658. */
const secondsMax = 1_000_000_000_000n;

/** The time of a header in seconds. Blocks of a Raft chain, which may have gone over to BFT, carry nanoseconds. */
export function timestampSeconds({ timestamp }: Pick<Header, 'timestamp'>): bigint {
  return timestamp > secondsMax ? timestamp / 1_000_000_000n : timestamp;
}

/** Number and hash link, and the least time between blocks. */
export function verifyLink(
  header: Header,
  parent: Header,
  rules: Pick<HeaderRules, 'config' | 'legacyBlockPeriodSeconds'>,
): void {
  const { number } = header;
  const { config, legacyBlockPeriodSeconds } = rules;
  if (parent.number !== number - 1 || !bytesEqual(headerHash(parent), header.parentHash))
    throw headerError('UNKNOWN_PARENT', { number, parentHash: bytesToBareHex(header.parentHash) });
  const settings = bftConfigAt(config, number);
  if (settings === undefined) throw headerError('NOT_BFT', { number });
  const flagged = config.istanbul === undefined ? undefined : legacyBlockPeriodSeconds;
  if (header.timestamp < timestampSeconds(parent) + BigInt(flagged ?? settings.blockPeriodSeconds))
    throw headerError('TIMESTAMP_INVALID', { number, timestamp: header.timestamp, parent: parent.timestamp });
}

/**
 * Seals of distinct validators: more than F of them (the original), or the chain's full quorum at that height (strict).
 * @returns who sealed, in the order of the seals
 */
export function verifySeals(
  header: Header,
  sealed: SealedHeader,
  validators: readonly Address[],
  rules: Pick<HeaderRules, 'profile' | 'config' | 'recover'>,
): readonly Address[] {
  const { number } = header;
  const { committedSeals } = sealed;
  if (committedSeals.length === 0) throw headerError('SEALS_MISSING', { number });
  const needed =
    rules.profile === 'strict' ? quorumAt(rules.config, number, validators.length) : faultsOf(validators.length) + 1;
  const strangersAllowed = addressKeys(validators);
  const seen = new Set<string>();
  const signers: Address[] = [];
  // More seals than validators cannot all be distinct: no need to recover them first.
  if (committedSeals.length > validators.length)
    throw headerError('SEAL_DUPLICATE', { number, seals: committedSeals.length });
  const digest = sealed.sealDigest();
  for (const seal of committedSeals) {
    const signer = rules.recover(digest, seal);
    if (signer === undefined) throw headerError('SEAL_UNRECOVERABLE', { number });
    const key = bytesToBareHex(signer);
    if (!strangersAllowed.has(key)) throw headerError('SEAL_BY_STRANGER', { number, signer: `0x${key}` });
    if (seen.has(key)) throw headerError('SEAL_DUPLICATE', { number, signer: `0x${key}` });
    seen.add(key);
    signers.push(signer);
  }
  if (seen.size < needed) throw headerError('SEALS_BELOW_QUORUM', { number, seals: seen.size, needed });
  return signers;
}

/** The chain's quorum at a height for a set of validators. */
export function quorumAt(config: ChainConfig, number: number, validatorCount: number): number {
  const isCeil = bftConfigAt(config, number)?.isCeil2NBy3 ?? true;
  return quorumOf(validatorCount, isCeil ? 'ceil2N/3' : '2F+1');
}

/** What the original does not look at, and should (goquorum.md 14.17). */
function verifyStrictly(
  header: Header,
  parent: Header,
  sealed: SealedHeader,
  validators: readonly Address[],
  config: ChainConfig,
): void {
  const { number } = header;
  if (sealed.vanity.length !== 32) throw headerError('VANITY_LENGTH_INVALID', { number, length: sealed.vanity.length });
  const isByContract = bftConfigAt(config, number - 1)?.validatorSelectionMode === 'contract';
  const expected = isByContract ? [] : sortValidators(validators);
  if (!addressesEqual(sealed.validators, expected)) throw headerError('VALIDATOR_LIST_MISMATCH', { number });
  verifyGasBounds(header, parent, config);
}

/** Checks against parent and validators, in the original's order. `validators` are those after the parent, in any order. */
export function verifyAgainstParent(
  header: Header,
  parent: Header,
  validators: readonly Address[],
  sealed: SealedHeader,
  rules: HeaderRules,
): void {
  const { number } = header;
  verifyLink(header, parent, rules);
  const { author } = sealed;
  if (author === undefined) throw headerError('PROPOSER_SEAL_INVALID', { number });
  if (!includesAddress(validators, author))
    throw headerError('AUTHOR_UNAUTHORIZED', { number, author: `0x${bytesToBareHex(author)}` });
  if (rules.seals === 'checked') verifySeals(header, sealed, validators, rules);
  if (rules.profile === 'strict') verifyStrictly(header, parent, sealed, validators, rules.config);
}
