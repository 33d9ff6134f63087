import type { Address } from '@isoquorum/primitives/bytes';
import { compareBytes } from '@isoquorum/primitives/hex';

/** `policy` of the genesis: 0 round robin, 1 sticky. */
export type ProposerPolicy = 'roundRobin' | 'sticky';

/** The policy by its number in genesis files; anything but 1 is round robin. */
export function proposerPolicyByNumber(policy: number): ProposerPolicy {
  return policy === 1 ? 'sticky' : 'roundRobin';
}

/**
 * The proposer of a round (goquorum.md 9.1). `validators` in the engine's order; `parentAuthor` is the zero address after
 * genesis. An author that is no longer a validator counts as the first one. Undefined for an empty set.
 */
export function proposerOf(
  validators: readonly Address[],
  parentAuthor: Address,
  round: number,
  policy: ProposerPolicy,
): Address | undefined {
  if (validators.length === 0) return undefined;
  let offset = round;
  if (parentAuthor.some((byte) => byte !== 0)) {
    const index = validators.findIndex((validator) => compareBytes(validator, parentAuthor) === 0);
    offset += Math.max(index, 0) + (policy === 'roundRobin' ? 1 : 0);
  }
  return validators[offset % validators.length];
}
