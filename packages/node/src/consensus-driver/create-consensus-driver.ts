import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { EngineRules } from '../engine/engine.ts';
import { createCliqueDriver } from './clique-driver.ts';
import type { ConsensusDriver, DriverParts } from './driver.ts';
import { createBftDriver } from './bft-driver.ts';

/** `ENGINE_NOT_LIVE`: blocks of this engine are imported, and cannot be made here yet. */
export type ConsensusDriverErrorCode = 'ENGINE_NOT_LIVE';

/** The driver of the chain's engine: the only place where the kinds of consensus part ways. @throws ENGINE_NOT_LIVE */
export function createConsensusDriver(rules: EngineRules, parts: DriverParts): ConsensusDriver {
  switch (rules.kind) {
    case 'bft':
      return createBftDriver(parts, rules);
    case 'clique':
      return createCliqueDriver(parts, rules);
    case 'raft':
      throw new IsoquorumError(
        'ENGINE_NOT_LIVE',
        `blocks of a ${rules.kind} chain cannot be made yet: start the node with validation off`,
        { kind: rules.kind },
        'STOP',
      );
  }
}
