import type { Address } from '@isoquorum/primitives/bytes';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { recoverAddressFromBytes } from '@isoquorum/primitives/secp256k1';
import type { RecoverAddress } from './recover.ts';

/**
 * Recovery by the installed secp256k1. A recovery id above 1 is refused, as signatures of validators never have one.
 * Never throws.
 */
export const recoverAddress: RecoverAddress = (digest, signature) => {
  if (signature.length !== 65 || (signature[64] as number) > 1) return undefined;
  try {
    return recoverAddressFromBytes(digest, signature);
  } catch {
    return undefined;
  }
};

/**
 * The same recovery with the last `sizeMax` results remembered: seals and messages are seen several times (as message, in a
 * justification, in the header).
 */
export function createRecoverCache(sizeMax = 4096, recover: RecoverAddress = recoverAddress): RecoverAddress {
  const known = new Map<string, Address | null>();
  return (digest, signature) => {
    const key = bytesToBareHex(digest) + bytesToBareHex(signature);
    const hit = known.get(key);
    if (hit !== undefined) return hit ?? undefined;
    const signer = recover(digest, signature);
    if (known.size >= sizeMax) {
      const oldest = known.keys().next();
      if (!oldest.done) known.delete(oldest.value);
    }
    known.set(key, signer ?? null);
    return signer;
  };
}
