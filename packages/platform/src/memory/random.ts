import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { concatBytes } from '@isoquorum/primitives/hex';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { Random } from '../random.ts';

/** The same bytes for the same seed: keccak(seed ‖ counter). For tests and simulations only. */
export function createSeededRandom(seed: string | number): Random {
  const prefix = utf8ToBytes(`isoquorum seed ${seed}`);
  let counter = 0n;
  let pool: Uint8Array = new Uint8Array(0);
  return {
    bytes(length) {
      while (pool.length < length)
        pool = concatBytes(pool, keccak256(concatBytes(prefix, bigintToFixedBytes(counter++, 8))));
      const chosen = pool.slice(0, length);
      pool = pool.subarray(length);
      return chosen;
    },
  };
}
