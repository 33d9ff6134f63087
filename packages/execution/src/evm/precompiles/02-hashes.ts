import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';

/** SHA-256. */
export function hashSha256(input: Uint8Array): Uint8Array {
  return sha256(input);
}

/** RIPEMD-160 in the low 20 bytes of a word. */
export function hashRipemd160(input: Uint8Array): Uint8Array {
  const output = new Uint8Array(32);
  output.set(ripemd160(input), 12);
  return output;
}
