import type { Random } from '../random.ts';

/** WebCrypto's quota per call. */
const quota = 65_536;

/** The browser's cryptographically secure random bytes. */
export function createRandom(): Random {
  return {
    bytes(length) {
      const bytes = new Uint8Array(length);
      for (let offset = 0; offset < length; offset += quota)
        crypto.getRandomValues(bytes.subarray(offset, offset + quota));
      return bytes;
    },
  };
}
