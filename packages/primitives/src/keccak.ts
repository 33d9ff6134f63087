import { keccak_256 } from '@noble/hashes/sha3.js';
import type { Hash32 } from './bytes.ts';

/** Keccak-256 over any bytes; must return a fresh array at each call. */
export type Keccak256 = (bytes: Uint8Array) => Uint8Array;

let implementation: Keccak256 = keccak_256;

/** Keccak-256, by the implementation installed at start (`@noble/hashes` unless told). */
export function keccak256(bytes: Uint8Array): Hash32 {
  return implementation(bytes);
}

/** Replaces the implementation by a faster one with equal results; call it once, at start. */
export function installKeccak256(keccak: Keccak256): void {
  implementation = keccak;
}
