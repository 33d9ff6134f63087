import type { BftRules } from '../engine/bft-rules.ts';
import type { ConsensusDriver, DriverParts } from './driver.ts';
import { createQbftDriver } from './qbft-driver.ts';

/** The engine of a chain with the rules that its driver needs. One member per engine. */
export type DriverEngine = { readonly kind: 'bft'; readonly rules: BftRules };

/** The driver of the chain's engine: the only place where the kinds of consensus part ways. */
export function createConsensusDriver(engine: DriverEngine, parts: DriverParts): ConsensusDriver {
  switch (engine.kind) {
    case 'bft':
      return createQbftDriver(parts, engine.rules);
  }
}
