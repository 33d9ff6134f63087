/** The largest number of faulty validators that the protocols stand: F = ceil(N/3) - 1 (goquorum.md 9.1). */
export function faultsOf(validatorCount: number): number {
  return Math.max(Math.ceil(validatorCount / 3) - 1, 0);
}

/** Which of the two quorum rules is in force: see `quorumRuleAt`. */
export type QuorumRule = '2F+1' | 'ceil2N/3';

/** Messages or seals that make a quorum. */
export function quorumOf(validatorCount: number, rule: QuorumRule): number {
  return rule === '2F+1' ? 2 * faultsOf(validatorCount) + 1 : Math.ceil((2 * validatorCount) / 3);
}

/**
 * The chain's quorum rule at a height: 2F+1 if a transition says so, or before `ceil2Nby3Block`, or without one.
 * @param twoFPlusOneEnabled value of the last reached transition that has `2FPlus1Enabled`, else false
 */
export function quorumRuleAt(
  height: number,
  options: { readonly twoFPlusOneEnabled: boolean; readonly ceil2Nby3Block: number | bigint | undefined },
): QuorumRule {
  const { twoFPlusOneEnabled, ceil2Nby3Block } = options;
  if (twoFPlusOneEnabled || ceil2Nby3Block === undefined || height < ceil2Nby3Block) return '2F+1';
  return 'ceil2N/3';
}

/**
 * True when two quorums of the set need not share a correct validator (2q - N <= F), so that F traitors can make two blocks
 * final at one height. Under 2F+1 that is so for N = 2, 3, 5, 6, 8, 9 …; under ceil(2N/3) never.
 */
export function isUnsafeQuorum(validatorCount: number, rule: QuorumRule): boolean {
  return validatorCount > 0 && 2 * quorumOf(validatorCount, rule) - validatorCount <= faultsOf(validatorCount);
}
