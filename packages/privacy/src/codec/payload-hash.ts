import { sha3_512 } from '@noble/hashes/sha3.js';
import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';

/** The name of a payload everywhere: SHA3-512 of its cipherText alone (tessera.md 2.1). 64 bytes. */
export function payloadHash(payload: { readonly cipherText: Uint8Array }): EncryptedPayloadHash {
  return sha3_512(payload.cipherText);
}
