/** Divisor of the step between a block's gas limit and its parent's (1024 in Ethereum). */
export const gasLimitBoundDivisor = 4096n;
/** Defaults of a proposer: `--miner.gastarget` and `--miner.gaslimit`. */
export const defaultGasFloor = 700_000_000n;
export const defaultGasCeiling = 800_000_000n;

/**
 * Gas limit of the next block (goquorum.md 11.2).
 * @param parent gas limit and gas used of the parent
 * @param min `minerGasLimitAt(config, parent number)`
 */
export function nextGasLimit(
  parent: { readonly gasLimit: bigint; readonly gasUsed: bigint },
  min: bigint,
  floor: bigint = defaultGasFloor,
  ceiling: bigint = defaultGasCeiling,
): bigint {
  const contribution = (parent.gasUsed + parent.gasUsed / 2n) / gasLimitBoundDivisor;
  const decay = parent.gasLimit / gasLimitBoundDivisor - 1n;
  let limit = parent.gasLimit - decay + contribution;
  if (limit < min) limit = min;
  if (limit < floor) {
    const raised = parent.gasLimit + decay;
    return raised < floor ? raised : floor;
  }
  if (limit > ceiling) {
    const lowered = parent.gasLimit - decay;
    return lowered > ceiling ? lowered : ceiling;
  }
  return limit;
}
