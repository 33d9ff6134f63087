import type { EngineRules } from '../engine/engine.ts';
import { createCliqueDriver } from './clique-driver.ts';
import type { ConsensusDriver, DriverParts } from './driver.ts';
import { createRaftThenBftDriver } from '../raft/raft-then-bft.ts';
import { createBftDriver } from './bft-driver.ts';
import { createFollowerDriver } from './follower-driver.ts';

/** The driver of the chain's engine: the only place where the kinds of consensus part ways. A Raft chain needs to be told who we are in its cluster. */
export function createConsensusDriver(rules: EngineRules, parts: DriverParts): ConsensusDriver {
  switch (rules.kind) {
    case 'bft':
      return createBftDriver(parts, rules);
    case 'clique':
      return createCliqueDriver(parts, rules);
    case 'raft': {
      const { end } = rules;
      if (parts.raft === undefined) return createFollowerDriver(parts, rules);
      const createNext = (): ConsensusDriver =>
        end === undefined ? createFollowerDriver(parts, rules) : createBftDriver(parts, end.rules);
      return createRaftThenBftDriver(parts, rules, parts.raft, createNext);
    }
  }
}
