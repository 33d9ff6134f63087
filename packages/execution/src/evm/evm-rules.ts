import type { ForkRules } from '@isoquorum/primitives/fork';
import type { LaterForks } from './port.ts';

/** GoQuorum's forks, and those after Berlin that only the public test suites reach. */
export type EvmRules = ForkRules & LaterForks;

/** The forks in their order. */
export const forkNames = [
  'isHomestead',
  'isEip150',
  'isEip158',
  'isByzantium',
  'isConstantinople',
  'isPetersburg',
  'isIstanbul',
  'isBerlin',
  'isLondon',
  'isParis',
  'isShanghai',
  'isCancun',
] as const;

const numbers = new WeakMap<EvmRules, number>();

/** The forks of these rules as one number: equal for rules under which code costs and does the same. */
export function forkNumber(rules: EvmRules): number {
  let number = numbers.get(rules);
  if (number === undefined) {
    number = forkNames.reduce((bits, fork, index) => (rules[fork] === true ? bits | (1 << index) : bits), 0);
    numbers.set(rules, number);
  }
  return number;
}
