import type { Address } from '@isoquorum/primitives/bytes';
import type { ForkRules } from '@isoquorum/primitives/fork';
import { hexToBytes } from '@isoquorum/primitives/hex';
import type { LaterForks } from './port.ts';

/** Quorum's precompiled contract for privacy marker transactions. */
export const privacyPrecompileAddress: Address = hexToBytes('0x000000000000000000000000000000000000007a');

/** The number of an address below 256, or -1. */
function smallAddress(address: Address): number {
  for (let index = 0; index < 19; index++) if (address[index] !== 0) return -1;
  return address[19] as number;
}

function lastPrecompile(rules: ForkRules & LaterForks): number {
  if (rules.isCancun) return 10;
  if (rules.isIstanbul) return 9;
  return rules.isByzantium ? 8 : 4;
}

/** The number of the precompiled contract at an address, or `undefined` when there is none in these rules. */
export function precompileAt(address: Address, rules: ForkRules & LaterForks): number | undefined {
  const number = smallAddress(address);
  return number >= 1 && number <= lastPrecompile(rules) ? number : undefined;
}

export function isPrivacyPrecompile(address: Address, rules: ForkRules): boolean {
  return rules.isPrivacyPrecompileEnabled && smallAddress(address) === 0x7a;
}

/** All precompiled contracts in these rules, Quorum's included: the addresses that are warm from the start (EIP-2929). */
export function activePrecompiles(rules: ForkRules & LaterForks): Address[] {
  const addresses: Address[] = [];
  for (let number = 1; number <= lastPrecompile(rules); number++) {
    const address = new Uint8Array(20);
    address[19] = number;
    addresses.push(address);
  }
  if (rules.isPrivacyPrecompileEnabled) addresses.push(privacyPrecompileAddress);
  return addresses;
}
