import type { Address } from '@isoquorum/primitives/bytes';
import { zeroAddress } from '@isoquorum/primitives/address';
import { bftConfigAt } from '@isoquorum/primitives/genesis/bft-config';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { type Header, headerHash } from '@isoquorum/primitives/header';
import { bftAuthor } from '../header.ts';
import { headerError } from '../header-error.ts';
import { quorumAt } from '../header-rules.ts';
import type { Profile } from '../profile.ts';
import { faultsOf } from '../quorum.ts';
import type { RecoverAddress } from '../recover.ts';
import { orderValidators } from '../validator-set.ts';
import type { BftHeightContext } from './types.ts';

/** Strict caps rounds at a minute where the chain names no maximum, so that a network that was down resumes soon. */
export const requestTimeoutMsMaxDefault = 60_000;

/** What the context of a height is made of. */
export interface HeightContextOptions {
  readonly config: ChainConfig;
  readonly profile: Profile;
  readonly recover: RecoverAddress;
  /** The head of the chain. */
  readonly parent: Header;
  /** Validators after the parent (`Snapshot.validators`), in any order. */
  readonly validators: readonly Address[];
}

/** Everything that the machine needs to know about the height after `parent`. @throws NOT_BFT */
export function bftHeightContext(options: HeightContextOptions): BftHeightContext {
  const { config, profile, recover, parent, validators } = options;
  const height = parent.number + 1;
  const settings = bftConfigAt(config, height);
  if (settings === undefined) throw headerError('NOT_BFT', { number: height });
  const isFirst = parent.number === 0 || bftConfigAt(config, parent.number) === undefined;
  const capMs = settings.maxRequestTimeoutSeconds * 1000;
  return {
    height,
    parent,
    parentHash: headerHash(parent),
    // Before the first block of ours nobody proposed: it is the genesis, or the last block of Raft.
    parentAuthor: isFirst ? zeroAddress : (bftAuthor(parent, config, recover) ?? zeroAddress),
    validators: orderValidators(validators, settings.algorithm),
    quorum: quorumAt(config, height, validators.length),
    faults: faultsOf(validators.length),
    policy: settings.proposerPolicy,
    blockPeriodSeconds: settings.blockPeriodSeconds,
    emptyBlockPeriodSeconds: settings.algorithm === 'qbft' ? settings.emptyBlockPeriodSeconds : 0,
    requestTimeoutMs: settings.requestTimeoutMs,
    requestTimeoutMsMax: capMs > 0 || profile === 'goquorum' ? capMs : requestTimeoutMsMaxDefault,
  };
}
