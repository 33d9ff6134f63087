import type { Address } from '@isoquorum/primitives/bytes';
import { type Header, headerHash } from '@isoquorum/primitives/header';
import { decodeIbftExtra, type IbftExtra, istanbulSealLength } from '@isoquorum/primitives/istanbul-extra';
import { ibftCommitDigest, ibftProposerDigest } from '@isoquorum/primitives/istanbul-seal';
import { headerError } from '../header-error.ts';
import {
  type HeaderRules,
  type SealedHeader,
  verifyAgainstParent,
  verifyHeaderAlone,
  verifyLink,
  verifySeals,
} from '../header-rules.ts';
import type { RecoverAddress } from '../recover.ts';

const extras = new WeakMap<Header, IbftExtra>();

/** The header's IBFT extra data, remembered per header object. @throws EXTRA_INVALID */
export function ibftExtraOf(header: Header): IbftExtra {
  let extra = extras.get(header);
  if (extra === undefined) {
    try {
      extra = decodeIbftExtra(header.extraData);
    } catch {
      throw headerError('EXTRA_INVALID', { number: header.number });
    }
    extras.set(header, extra);
  }
  return extra;
}

/** The proposer, recovered from its seal; undefined when it cannot be. @throws EXTRA_INVALID */
export function ibftAuthor(header: Header, recover: RecoverAddress): Address | undefined {
  return recover(ibftProposerDigest(header), ibftExtraOf(header).seal);
}

/** What the common rules look at. @throws EXTRA_INVALID */
export function readIbftHeader(header: Header, recover: RecoverAddress): SealedHeader {
  const { vanity, validators, committedSeals } = ibftExtraOf(header);
  return {
    vanity,
    validators,
    author: ibftAuthor(header, recover),
    committedSeals,
    sealDigest: () => ibftCommitDigest(headerHash(header)),
  };
}

/** Who sealed the header, in the order of the seals (undefined where nobody can be recovered). @throws EXTRA_INVALID */
export function ibftCommitters(header: Header, recover: RecoverAddress): readonly (Address | undefined)[] {
  const digest = ibftCommitDigest(headerHash(header));
  return ibftExtraOf(header).committedSeals.map((seal) => recover(digest, seal));
}

/** A header's nonce says the direction of its vote: all ones to add, all zeros to drop. */
export function ibftVoteDirection(header: Header): 'add' | 'drop' | undefined {
  if (header.nonce.every((byte) => byte === 0xff)) return 'add';
  return header.nonce.every((byte) => byte === 0) ? 'drop' : undefined;
}

/**
 * Verifies an IBFT header in the order and with the texts of goquorum.md 9.2. For the genesis block pass no parent.
 * @param validators those in force after the parent, in any order
 * @throws HeaderErrorCode
 */
export function verifyIbftHeader(
  header: Header,
  parent: Header | undefined,
  validators: readonly Address[],
  rules: HeaderRules,
): void {
  const { number } = header;
  verifyHeaderAlone(header, rules, () => {
    ibftExtraOf(header);
    if (ibftVoteDirection(header) === undefined) throw headerError('NONCE_INVALID', { number });
  });
  if (number === 0) return;
  if (parent === undefined) throw headerError('UNKNOWN_PARENT', { number });
  verifyLink(header, parent, rules);
  if (ibftExtraOf(header).seal.length !== istanbulSealLength)
    throw headerError('PROPOSER_SEAL_INVALID', { number }, 'invalid signature length');
  verifyAgainstParent(header, parent, validators, readIbftHeader(header, rules.recover), rules);
}

/** Checks the seals alone, and returns who sealed. @throws SEALS_MISSING, SEAL_*, SEALS_BELOW_QUORUM, EXTRA_INVALID */
export function verifyIbftSeals(
  header: Header,
  validators: readonly Address[],
  rules: Pick<HeaderRules, 'profile' | 'config' | 'recover'>,
): readonly Address[] {
  return verifySeals(header, readIbftHeader(header, rules.recover), validators, rules);
}
