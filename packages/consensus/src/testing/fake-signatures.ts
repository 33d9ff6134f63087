import type { Address } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import type { RecoverAddress, SignDigest } from '../recover.ts';

/** Signatures that cost nothing: digest, address, zeros. Only the owner's `sign` makes them in a simulation. */
export function createFakeSigner(address: Address): SignDigest {
  return (digest) => {
    const signature = new Uint8Array(65);
    signature.set(digest, 0);
    signature.set(address, 32);
    return signature;
  };
}

/** The counterpart of {@link createFakeSigner}. */
export const recoverFake: RecoverAddress = (digest, signature) =>
  bytesEqual(signature.subarray(0, 32), digest) ? signature.slice(32, 52) : undefined;
