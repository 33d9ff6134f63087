import { bytesToHex } from '@isoquorum/primitives/hex';
import { nodeKeyToAddress } from '@isoquorum/primitives/node-key';
import type { Random } from '@isoquorum/platform/random';
import type { DevelopmentAccount } from '../dev/network-json.ts';

/** New accounts with their private keys, for development networks. */
export function createDevelopmentAccounts(count: number, random: Random): DevelopmentAccount[] {
  return Array.from({ length: count }, () => {
    const privateKey = random.bytes(32);
    return { address: bytesToHex(nodeKeyToAddress(privateKey)), privateKey: bytesToHex(privateKey) };
  });
}
