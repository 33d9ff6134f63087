import type { Address } from '@isoquorum/primitives/bytes';
import { type BftAlgorithm, bftAlgorithmAt } from '@isoquorum/primitives/genesis/bft-config';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import type { Header } from '@isoquorum/primitives/header';
import { qbftVoteAdd } from '@isoquorum/primitives/istanbul-extra';
import { headerError } from './header-error.ts';
import type { HeaderRules } from './header-rules.ts';
import {
  ibftAuthor,
  ibftCommitters,
  ibftExtraOf,
  ibftVoteDirection,
  verifyIbftHeader,
  verifyIbftSeals,
} from './ibft/header.ts';
import { qbftAuthor, qbftCommitters, qbftExtraOf, verifyQbftHeader, verifyQbftSeals } from './qbft/header.ts';
import type { RecoverAddress } from './recover.ts';

/** The engine of a block. @throws NOT_BFT */
export function engineAt(config: ChainConfig, number: number): BftAlgorithm {
  const algorithm = bftAlgorithmAt(config, number);
  if (algorithm === undefined) throw headerError('NOT_BFT', { number });
  return algorithm;
}

/** Verifies a header by the engine of its height. For the genesis block pass no parent. @throws HeaderErrorCode */
export function verifyBftHeader(
  header: Header,
  parent: Header | undefined,
  validators: readonly Address[],
  rules: HeaderRules,
): void {
  const verify = engineAt(rules.config, header.number) === 'qbft' ? verifyQbftHeader : verifyIbftHeader;
  verify(header, parent, validators, rules);
}

/** Checks the seals alone, by the engine of the height, and returns who sealed. @throws HeaderErrorCode */
export function verifyBftSeals(
  header: Header,
  validators: readonly Address[],
  rules: Pick<HeaderRules, 'profile' | 'config' | 'recover'>,
): readonly Address[] {
  const verify = engineAt(rules.config, header.number) === 'qbft' ? verifyQbftSeals : verifyIbftSeals;
  return verify(header, validators, rules);
}

/** Who made the block; undefined when the signature of an IBFT proposer cannot be recovered. @throws NOT_BFT, EXTRA_INVALID */
export function bftAuthor(header: Header, config: ChainConfig, recover: RecoverAddress): Address | undefined {
  return engineAt(config, header.number) === 'qbft' ? qbftAuthor(header) : ibftAuthor(header, recover);
}

/** Who sealed the block, in the order of the seals. @throws NOT_BFT, EXTRA_INVALID */
export function bftCommitters(
  header: Header,
  config: ChainConfig,
  recover: RecoverAddress,
): readonly (Address | undefined)[] {
  const committers = engineAt(config, header.number) === 'qbft' ? qbftCommitters : ibftCommitters;
  return committers(header, recover);
}

/** The list in a header's extra data, as written. @throws NOT_BFT, EXTRA_INVALID */
export function validatorsInExtra(header: Header, config: ChainConfig): readonly Address[] {
  const extra = engineAt(config, header.number) === 'qbft' ? qbftExtraOf(header) : ibftExtraOf(header);
  return extra.validators;
}

/** A vote as a header carries it. */
export interface HeaderVote {
  readonly candidate: Address;
  readonly authorize: boolean;
}

/**
 * The vote in a header. An IBFT header always has one: without a vote it is a drop vote for the zero address, which counts
 * for nothing. @throws NOT_BFT, EXTRA_INVALID, VOTE_TYPE_INVALID
 */
export function headerVote(header: Header, config: ChainConfig): HeaderVote | undefined {
  const { number } = header;
  if (engineAt(config, number) === 'ibft') {
    const direction = ibftVoteDirection(header);
    if (direction === undefined) throw headerError('VOTE_TYPE_INVALID', { number });
    return { candidate: header.coinbase, authorize: direction === 'add' };
  }
  const { vote } = qbftExtraOf(header);
  if (vote === undefined) return undefined;
  if (vote.voteType !== 0 && vote.voteType !== qbftVoteAdd) throw headerError('VOTE_TYPE_INVALID', { number });
  return { candidate: vote.recipient, authorize: vote.voteType === qbftVoteAdd };
}
