import type { ChainConfig, Transition } from './chain-config.ts';

/** The transitions in force at block `number`: from the first entry up to the first one with a greater block. */
export function transitionsUntil(config: ChainConfig, number: number): readonly Transition[] {
  const end = config.transitions.findIndex((transition) => (transition.block ?? 0) > number);
  return end < 0 ? config.transitions : config.transitions.slice(0, end);
}

/** The value that the last transition in force sets, where `read` gives `undefined` for "not set". */
export function lastTransitionValue<T>(
  config: ChainConfig,
  number: number,
  read: (transition: Transition) => T | undefined,
): T | undefined {
  let value: T | undefined;
  for (const transition of config.transitions) {
    if ((transition.block ?? 0) > number) break;
    value = read(transition) ?? value;
  }
  return value;
}

/** True from `block` on; never when `undefined`. */
export function isReached(block: number | undefined, number: number): boolean {
  return block !== undefined && block <= number;
}
