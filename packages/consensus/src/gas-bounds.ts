import { gasLimitBoundDivisor } from '@isoquorum/primitives/gas-limit';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { minerGasLimitAt } from '@isoquorum/primitives/genesis/rules-at';
import type { Header } from '@isoquorum/primitives/header';
import { headerError } from './header-error.ts';

/**
 * Strict only, for every engine: the gas limit moves by one step at most (or up to the configured least limit in one), and what
 * is used stays below it. The original looks at neither (goquorum.md 11.2). @throws GAS_LIMIT_OUT_OF_BOUNDS, GAS_USED_ABOVE_LIMIT
 */
export function verifyGasBounds(header: Header, parent: Header, config: ChainConfig): void {
  const { number, gasLimit, gasUsed } = header;
  const step = parent.gasLimit / gasLimitBoundDivisor;
  const raised = minerGasLimitAt(config, parent.number);
  const highest = parent.gasLimit + step > raised ? parent.gasLimit + step : raised;
  if (gasLimit > highest || gasLimit < parent.gasLimit - step)
    throw headerError('GAS_LIMIT_OUT_OF_BOUNDS', { number, gasLimit, parent: parent.gasLimit });
  if (gasUsed > gasLimit) throw headerError('GAS_USED_ABOVE_LIMIT', { number, gasUsed, gasLimit });
}
