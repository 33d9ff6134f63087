import type { RecoverAddress, SignDigest } from '@isoquorum/consensus/recover';
import type { Address } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';

/** Signatures that cost nothing: digest, address, zeros. In a simulation only the owner of the address makes them. */
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
  signature.length === 65 && bytesEqual(signature.subarray(0, 32), digest) ? signature.slice(32, 52) : undefined;

/** Address of a machine: its number from 1, twenty times. */
export function addressOf(index: number): Address {
  return new Uint8Array(20).fill(index + 1);
}

/** Inverse of {@link addressOf}. */
export function indexOf(address: Address): number {
  return (address[0] as number) - 1;
}
