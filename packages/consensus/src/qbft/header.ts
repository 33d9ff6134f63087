import type { Address } from '@isoquorum/primitives/bytes';
import type { Header } from '@isoquorum/primitives/header';
import { decodeQbftExtra, type QbftExtra, qbftVoteAdd, qbftVoteDrop } from '@isoquorum/primitives/istanbul-extra';
import { qbftCommitDigest } from '@isoquorum/primitives/istanbul-seal';
import { headerError } from '../header-error.ts';
import {
  type HeaderRules,
  type SealedHeader,
  verifyAgainstParent,
  verifyHeaderAlone,
  verifySeals,
} from '../header-rules.ts';
import type { RecoverAddress } from '../recover.ts';

const extras = new WeakMap<Header, QbftExtra>();

/** The header's QBFT extra data, remembered per header object. @throws EXTRA_INVALID */
export function qbftExtraOf(header: Header): QbftExtra {
  let extra = extras.get(header);
  if (extra === undefined) {
    try {
      extra = decodeQbftExtra(header.extraData);
    } catch {
      throw headerError('EXTRA_INVALID', { number: header.number });
    }
    extras.set(header, extra);
  }
  return extra;
}

/** What the common rules look at. @throws EXTRA_INVALID */
export function readQbftHeader(header: Header): SealedHeader {
  const extra = qbftExtraOf(header);
  const { vanity, validators, committedSeals } = extra;
  return {
    vanity,
    validators,
    author: header.coinbase,
    committedSeals,
    sealDigest: () => qbftCommitDigest(header, extra.round),
  };
}

/** The author: the coinbase, put there by the first proposer; there is no proposer signature in a QBFT header. */
export function qbftAuthor(header: Header): Address {
  return header.coinbase;
}

/** Who sealed the header, in the order of the seals (undefined where nobody can be recovered). @throws EXTRA_INVALID */
export function qbftCommitters(header: Header, recover: RecoverAddress): readonly (Address | undefined)[] {
  const { committedSeals, round } = qbftExtraOf(header);
  const digest = qbftCommitDigest(header, round);
  return committedSeals.map((seal) => recover(digest, seal));
}

/**
 * Verifies a QBFT header in the order and with the texts of goquorum.md 9.2. For the genesis block pass no parent.
 * @param validators those in force after the parent, in any order
 * @throws HeaderErrorCode
 */
export function verifyQbftHeader(
  header: Header,
  parent: Header | undefined,
  validators: readonly Address[],
  rules: HeaderRules,
): void {
  verifyHeaderAlone(header, rules, () => qbftExtraOf(header));
  if (header.number === 0) return;
  if (parent === undefined) throw headerError('UNKNOWN_PARENT', { number: header.number });
  verifyAgainstParent(header, parent, validators, readQbftHeader(header), rules);
  const { vote } = qbftExtraOf(header);
  const isVoteValid = vote === undefined || vote.voteType === qbftVoteAdd || vote.voteType === qbftVoteDrop;
  if (rules.profile === 'strict' && !isVoteValid) throw headerError('VOTE_TYPE_INVALID', { number: header.number });
}

/** As {@link verifyQbftHeader} for the header of a proposal, which has no seals yet. @throws HeaderErrorCode */
export function verifyQbftProposal(
  header: Header,
  parent: Header,
  validators: readonly Address[],
  rules: Omit<HeaderRules, 'seals'>,
): void {
  verifyQbftHeader(header, parent, validators, { ...rules, seals: 'unchecked' });
}

/** Checks the seals alone, and returns who sealed. @throws SEALS_MISSING, SEAL_*, SEALS_BELOW_QUORUM, EXTRA_INVALID */
export function verifyQbftSeals(
  header: Header,
  validators: readonly Address[],
  rules: Pick<HeaderRules, 'profile' | 'config' | 'recover'>,
): readonly Address[] {
  return verifySeals(header, readQbftHeader(header), validators, rules);
}
