import type { Profile } from '@isoquorum/consensus/profile';
import type { RecoverAddress } from '@isoquorum/consensus/recover';
import { verifyRaftHeader } from '@isoquorum/consensus/raft/header';
import type { Blockchain } from '../chain/blockchain.ts';
import type { CommonRules } from './engine.ts';

export interface RaftRulesOptions {
  readonly chain: Blockchain;
  readonly profile: Profile;
  readonly recover: RecoverAddress;
}

export interface RaftRules extends CommonRules {
  readonly kind: 'raft';
}

/** Raft's rules on our chain: the log decides; a header says who minted it, and nothing that others could not have written. */
export function createRaftRules(options: RaftRulesOptions): RaftRules {
  const { chain, profile, recover } = options;
  const { config } = chain.reader;
  return {
    kind: 'raft',
    author: (header) => header.coinbase,
    verifyHeader: (header, parent) => verifyRaftHeader(header, parent.header, { config, profile, recover }),
    validatorsAfter: () => [],
    committers: () => [],
    warning: () => undefined,
  };
}
