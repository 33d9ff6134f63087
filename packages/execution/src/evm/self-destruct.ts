import type { Address } from '@isoquorum/primitives/bytes';
import type { EvmRules } from './evm-rules.ts';
import type { EvmHost } from './port.ts';

const REFUND = 24_000n;
const NEW_ACCOUNT = 25_000;
const COLD_ACCOUNT = 2_600;

/**
 * SELFDESTRUCT without its payment: a new beneficiary (EIP-150, 161) and a cold one (EIP-2929) cost, until London there is a refund. Moves
 * the balance, marks the account, and answers the gas. A frame that cannot pay is undone.
 */
export function selfDestruct(host: EvmHost, rules: EvmRules, address: Address, beneficiary: Address): number {
  let cost = 0;
  if (rules.isBerlin && !host.accessAddress(beneficiary)) cost += COLD_ACCOUNT;
  if (rules.isEip158) {
    if (host.isEmpty(beneficiary) && host.balance(address) !== 0n) cost += NEW_ACCOUNT;
  } else if (rules.isEip150 && !host.exists(beneficiary)) cost += NEW_ACCOUNT;
  if (!host.hasSelfDestructed(address) && rules.isLondon !== true) host.addRefund(REFUND);
  host.selfDestruct(address, beneficiary);
  return cost;
}
