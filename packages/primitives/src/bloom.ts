import { keccak256 } from './keccak.ts';
import type { Log } from './log.ts';

/** Bytes of a bloom filter. */
export const bloomLength = 256;
/** A bloom filter with nothing in it; do not write into it. */
export const emptyBloom: Uint8Array = new Uint8Array(bloomLength);

/** The three bits (0 to 2,047, counted from the end of the filter) that an address or a topic sets. */
export function bloomBits(element: Uint8Array): readonly number[] {
  const hash = keccak256(element);
  return [0, 2, 4].map((index) => (((hash[index] as number) & 7) << 8) | (hash[index + 1] as number));
}

/** Sets the three bits of `element` (an address or a topic) in `bloom`. */
export function addToBloom(bloom: Uint8Array, element: Uint8Array): void {
  const hash = keccak256(element);
  for (let index = 0; index < 6; index += 2) {
    const bit = (((hash[index] as number) & 7) << 8) | (hash[index + 1] as number);
    const position = bloomLength - 1 - (bit >> 3);
    bloom[position] = (bloom[position] as number) | (1 << (bit & 7));
  }
}

/** The bloom filter of logs: addresses and topics. */
export function logsBloom(logs: readonly Log[]): Uint8Array {
  if (logs.length === 0) return emptyBloom;
  const bloom = new Uint8Array(bloomLength);
  for (const log of logs) {
    addToBloom(bloom, log.address);
    for (const topic of log.topics) addToBloom(bloom, topic);
  }
  return bloom;
}

/** A filter that contains what either contains. */
export function unionBloom(left: Uint8Array, right: Uint8Array): Uint8Array {
  return left.map((byte, index) => byte | (right[index] as number));
}

/** False: `element` is certainly not in the filter. True: it may be. */
export function bloomMayContain(bloom: Uint8Array, element: Uint8Array): boolean {
  const hash = keccak256(element);
  for (let index = 0; index < 6; index += 2) {
    const bit = (((hash[index] as number) & 7) << 8) | (hash[index + 1] as number);
    if (((bloom[bloomLength - 1 - (bit >> 3)] as number) & (1 << (bit & 7))) === 0) return false;
  }
  return true;
}
