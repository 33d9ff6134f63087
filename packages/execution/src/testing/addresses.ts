import type { Address } from '@isoquorum/primitives/bytes';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';

/** A made-up address that is easy to tell apart: 0xaa, then the number. */
export function addressOf(number: number): Address {
  return bigintToFixedBytes((0xaan << 152n) | BigInt(number), 20);
}
