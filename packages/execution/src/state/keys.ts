import type { Hash32 } from '@isoquorum/primitives/bytes';

function prefixed(letter: number, hash: Hash32): Uint8Array {
  const key = new Uint8Array(33);
  key[0] = letter;
  key.set(hash, 1);
  return key;
}

/** First byte of {@link nodeKey}s, which have 33. */
export const nodePrefix = 0x6e;

/** Store key of a trie node: `n` and its hash. */
export function nodeKey(hash: Hash32): Uint8Array {
  return prefixed(nodePrefix, hash);
}

/** First byte of {@link codeKey}s. */
export const codePrefix = 0x63;
/** First byte of {@link preimageKey}s. */
export const preimagePrefix = 0x69;

/** Store key of a contract's code: `c` and its hash. */
export function codeKey(hash: Hash32): Uint8Array {
  return prefixed(codePrefix, hash);
}

/** Store key of the address or slot with this Keccak-256: `i` and the hash. */
export function preimageKey(hash: Hash32): Uint8Array {
  return prefixed(preimagePrefix, hash);
}
