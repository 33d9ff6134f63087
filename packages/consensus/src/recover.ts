import type { Address, Hash32 } from '@isoquorum/primitives/bytes';

/**
 * Recovers the address that made a 65-byte signature (R, S, recovery id 0 or 1) over a 32-byte digest;
 * undefined when the signature cannot be recovered. Never throws.
 */
export type RecoverAddress = (digest: Hash32, signature: Uint8Array) => Address | undefined;

/** Signs a 32-byte digest with the node key: 65 bytes R, S, recovery id (0 or 1). */
export type SignDigest = (digest: Hash32) => Uint8Array;
