import type { Profile } from '@isoquorum/consensus/profile';
import type { RecoverAddress } from '@isoquorum/consensus/recover';
import type { StateDatabase } from '@isoquorum/execution/state/database';
import { raftEndBlock, selectEngine } from '@isoquorum/primitives/genesis/bft-config';
import type { Blockchain } from '../chain/blockchain.ts';
import { type BftRules, createBftRules } from './bft-rules.ts';
import { createCliqueRules } from './clique-rules.ts';
import type { EngineRules } from './engine.ts';
import { createRaftRules } from './raft-rules.ts';
import { createValidatorContractReader } from './validator-contract.ts';

export interface EngineRulesOptions {
  readonly chain: Blockchain;
  /** For validators that a contract names. */
  readonly database: StateDatabase;
  readonly profile: Profile;
  readonly recover: RecoverAddress;
  /** See `BftRulesOptions`. */
  readonly legacyBlockPeriodSeconds?: number;
}

/** The rules of the chain, picked by its genesis (goquorum.md 1.6): Clique, BFT, or Raft where it names no engine. */
export function createEngineRules(options: EngineRulesOptions): EngineRules {
  const { chain, database, profile, recover, legacyBlockPeriodSeconds } = options;
  const engine = selectEngine(chain.reader.config);
  if (engine === 'clique') return createCliqueRules({ chain, profile, recover });
  const bft = (): BftRules => {
    const contracts = createValidatorContractReader(chain, database);
    const legacy = legacyBlockPeriodSeconds === undefined ? {} : { legacyBlockPeriodSeconds };
    return createBftRules({ chain, contracts, profile, recover, ...legacy });
  };
  if (engine !== undefined) return bft();
  const block = raftEndBlock(chain.reader.config);
  const end = block === undefined ? undefined : { block, rules: bft() };
  return createRaftRules({ chain, profile, recover, end });
}
