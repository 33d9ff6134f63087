import { randomBytes } from 'node:crypto';
import type { Random } from '../random.ts';

/** Node's cryptographically secure random bytes. */
export function createRandom(): Random {
  return {
    bytes(length) {
      const buffer = randomBytes(length);
      return new Uint8Array(buffer.buffer, buffer.byteOffset, length).slice();
    },
  };
}
