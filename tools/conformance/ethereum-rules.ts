import type { LaterForks } from '@isoquorum/execution/evm/port';
import type { ForkRules } from '@isoquorum/primitives/fork';

/** Forks of Ethereum in order, as the public tests name them. A `+EIP` after a name is no fork of its own here. */
const FORKS = [
  'Frontier',
  'Homestead',
  'EIP150',
  'EIP158',
  'Byzantium',
  'Constantinople',
  'ConstantinopleFix',
  'Istanbul',
  'Berlin',
  'London',
  'Paris',
  'Shanghai',
  'Cancun',
] as const;

const MAX_CODE_SIZE = 24_576;

/** Rules of GoQuorum's forks and of those after Berlin. */
export type EvmRules = ForkRules & LaterForks;

const known = new Map<string, EvmRules>();

/** Rules of a fork by its name in the public tests, on a chain with id 1 that is not Quorum's, always the same object; undefined for other names. */
export function ethereumRules(fork: string): EvmRules | undefined {
  const rules = known.get(fork) ?? createRules(fork);
  if (rules !== undefined) known.set(fork, rules);
  return rules;
}

function createRules(fork: string): EvmRules | undefined {
  const name = fork === 'Merge' ? 'Paris' : fork;
  const reached = FORKS.findIndex((other) => other === name);
  if (reached < 0) return undefined;
  const isAt = (other: (typeof FORKS)[number]): boolean => FORKS.indexOf(other) <= reached;
  return {
    chainId: 1n,
    isHomestead: isAt('Homestead'),
    isEip150: isAt('EIP150'),
    isEip155: isAt('EIP158'),
    isEip158: isAt('EIP158'),
    isByzantium: isAt('Byzantium'),
    isConstantinople: isAt('Constantinople'),
    isPetersburg: isAt('ConstantinopleFix'),
    isIstanbul: isAt('Istanbul'),
    isBerlin: isAt('Berlin'),
    isLondon: isAt('London'),
    isParis: isAt('Paris'),
    isShanghai: isAt('Shanghai'),
    isCancun: isAt('Cancun'),
    isQuorum: false,
    isPrivacyEnhancementsEnabled: false,
    isPrivacyPrecompileEnabled: false,
    isGasPriceEnabled: true,
    codeSizeLimit: MAX_CODE_SIZE,
  };
}
