/** The largest number of faulty validators that the protocols stand: F = ceil(N/3) - 1 (goquorum.md 9.1). */
export function faultsOf(validatorCount: number): number {
  return Math.max(Math.ceil(validatorCount / 3) - 1, 0);
}

/** Which of the two quorum rules is in force: `BftConfig.isCeil2NBy3` tells. */
export type QuorumRule = '2F+1' | 'ceil2N/3';

/** Messages or seals that make a quorum. */
export function quorumOf(validatorCount: number, rule: QuorumRule): number {
  return rule === '2F+1' ? 2 * faultsOf(validatorCount) + 1 : Math.ceil((2 * validatorCount) / 3);
}

/**
 * True when two quorums of the set need not share a correct validator (2q - N <= F), so that F traitors can make two blocks
 * final at one height. Under 2F+1 that is so for N = 2, 3, 5, 6, 8, 9 …; under ceil(2N/3) never.
 */
export function isUnsafeQuorum(validatorCount: number, rule: QuorumRule): boolean {
  return validatorCount > 0 && 2 * quorumOf(validatorCount, rule) - validatorCount <= faultsOf(validatorCount);
}
