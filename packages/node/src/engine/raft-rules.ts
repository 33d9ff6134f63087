import type { Profile } from '@isoquorum/consensus/profile';
import type { RecoverAddress } from '@isoquorum/consensus/recover';
import { verifyRaftHeader } from '@isoquorum/consensus/raft/header';
import type { Header } from '@isoquorum/primitives/header';
import type { Blockchain } from '../chain/blockchain.ts';
import type { BftRules } from './bft-rules.ts';
import { type CommonRules, refuseUncles } from './engine.ts';

export interface RaftRulesOptions {
  readonly chain: Blockchain;
  readonly profile: Profile;
  readonly recover: RecoverAddress;
  /** Of a chain that goes over to BFT. */
  readonly end: RaftEnd | undefined;
}

/** Where a Raft chain goes over to IBFT or QBFT. */
export interface RaftEnd {
  /** First block that is decided by BFT. */
  readonly block: number;
  readonly rules: BftRules;
}

export interface RaftRules extends CommonRules {
  readonly kind: 'raft';
  /** From its block on the chain's rules are BFT's, and whoever makes blocks must go by these. */
  readonly end: RaftEnd | undefined;
}

/**
 * Raft's rules on our chain: the log decides; a header says who minted it, and nothing that others could not have written. Blocks
 * from `end` on go by BFT's rules.
 */
export function createRaftRules(options: RaftRulesOptions): RaftRules {
  const { chain, profile, recover, end } = options;
  const { config } = chain.reader;
  /** The rules of the blocks from `number` on that are not Raft's. */
  const bftAt = (number: number): BftRules | undefined =>
    end !== undefined && number >= end.block ? end.rules : undefined;
  return {
    kind: 'raft',
    end,
    author: (header) => bftAt(header.number)?.author(header) ?? header.coinbase,
    verifyHeader(header, parent, nowMs) {
      const bft = bftAt(header.number);
      if (bft === undefined) verifyRaftHeader(header, parent.header, { config, profile, recover });
      else bft.verifyHeader(header, parent, nowMs);
    },
    verifyUncles: refuseUncles,
    validatorsAfter: (block) => bftAt(block.header.number + 1)?.validatorsAfter(block) ?? [],
    committers: (header: Header) => bftAt(header.number)?.committers(header) ?? [],
    warning: (block) => bftAt(block.header.number + 1)?.warning(block),
  };
}
