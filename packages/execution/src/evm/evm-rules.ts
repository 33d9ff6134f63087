import type { ForkRules } from '@isoquorum/primitives/fork';
import type { LaterForks } from '../port.ts';

/** GoQuorum's forks, and those after Berlin that only the public test suites reach. */
export type EvmRules = ForkRules & LaterForks;
