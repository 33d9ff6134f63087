import { secp256k1 } from '@noble/curves/secp256k1.js';
import type { Address, Hash32 } from './bytes.ts';
import { IsoquorumError } from './errors.ts';
import { bigintToFixedBytes, bytesToBigint } from './integer.ts';
import { keccak256 } from './keccak.ts';

/** `SIGNATURE_INVALID`: no key recovers; `PRIVATE_KEY_INVALID`: not 32 bytes in the group's range; `PUBLIC_KEY_INVALID`: not on the curve. */
export type Secp256k1ErrorCode = 'SIGNATURE_INVALID' | 'PRIVATE_KEY_INVALID' | 'PUBLIC_KEY_INVALID';

/** Order of the group. */
export const secp256k1Order: bigint = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
/** The largest s of a canonical ("low-s") signature. */
export const secp256k1HalfOrder: bigint = secp256k1Order >> 1n;

/** What a faster implementation must offer; invalid input gives `undefined`, never an exception. */
export interface Secp256k1Backend {
  readonly name: string;
  /** Uncompressed key (65 bytes, 0x04 first) from a 32-byte digest, r and s (64 bytes) and a recovery id 0..3; high s allowed. */
  recover(digest: Uint8Array, signature: Uint8Array, recoveryId: number): Uint8Array | undefined;
  /** Deterministic (RFC 6979) low-s signature: r, s and recovery id in 65 bytes. */
  sign(digest: Uint8Array, privateKey: Uint8Array): Uint8Array | undefined;
  /** Uncompressed public key (65 bytes). */
  publicKey(privateKey: Uint8Array): Uint8Array | undefined;
}

/** `@noble/curves`: the pure default. */
export const nobleSecp256k1: Secp256k1Backend = {
  name: 'noble',
  recover(digest, signature, recoveryId) {
    try {
      const withRecovery = new Uint8Array(65);
      withRecovery[0] = recoveryId;
      withRecovery.set(signature, 1);
      const compressed = secp256k1.recoverPublicKey(withRecovery, digest, { prehash: false });
      return secp256k1.Point.fromBytes(compressed).toBytes(false);
    } catch {
      return undefined;
    }
  },
  sign(digest, privateKey) {
    try {
      const signed = secp256k1.sign(digest, privateKey, { prehash: false, format: 'recovered' });
      const signature = new Uint8Array(65);
      signature.set(signed.subarray(1));
      signature[64] = signed[0] as number;
      return signature;
    } catch {
      return undefined;
    }
  },
  publicKey(privateKey) {
    try {
      return secp256k1.getPublicKey(privateKey, false);
    } catch {
      return undefined;
    }
  },
};

let backend: Secp256k1Backend = nobleSecp256k1;

/** Replaces the implementation by a faster one with equal results; call it once, at start. */
export function installSecp256k1(implementation: Secp256k1Backend): void {
  backend = implementation;
}

/** Name of the installed implementation. */
export function secp256k1BackendName(): string {
  return backend.name;
}

export interface RecoverableSignature {
  readonly r: bigint;
  readonly s: bigint;
  readonly recoveryId: number;
}

/**
 * Signs a 32-byte digest: 65 bytes r, s, recovery id (0 or 1), the form of seals and consensus messages.
 * @throws PRIVATE_KEY_INVALID
 */
export function signDigestBytes(digest: Hash32, privateKey: Uint8Array): Uint8Array {
  const signature = digest.length === 32 && privateKey.length === 32 ? backend.sign(digest, privateKey) : undefined;
  if (signature === undefined)
    throw new IsoquorumError('PRIVATE_KEY_INVALID', 'invalid private key', { field: 'privateKey' });
  return signature;
}

/** As {@link signDigestBytes}, as integers. @throws PRIVATE_KEY_INVALID */
export function signDigest(digest: Hash32, privateKey: Uint8Array): RecoverableSignature {
  const signature = signDigestBytes(digest, privateKey);
  return {
    r: bytesToBigint(signature.subarray(0, 32)),
    s: bytesToBigint(signature.subarray(32, 64)),
    recoveryId: signature[64] as number,
  };
}

function signatureInvalid(): never {
  throw new IsoquorumError('SIGNATURE_INVALID', 'invalid signature', { field: 'signature' });
}

/** Uncompressed key (65 bytes) that made a signature of r, s (64 bytes) and recovery id; high s allowed. @throws SIGNATURE_INVALID */
export function recoverPublicKeyFromBytes(digest: Hash32, signature: Uint8Array, recoveryId: number): Uint8Array {
  if (digest.length !== 32 || signature.length !== 64 || !(recoveryId >= 0 && recoveryId <= 3)) signatureInvalid();
  return backend.recover(digest, signature, recoveryId) ?? signatureInvalid();
}

/** As {@link recoverPublicKeyFromBytes}, from integers. @throws SIGNATURE_INVALID */
export function recoverPublicKey(digest: Hash32, r: bigint, s: bigint, recoveryId: number): Uint8Array {
  if (r <= 0n || r >= secp256k1Order || s <= 0n || s >= secp256k1Order) signatureInvalid();
  const signature = bigintToFixedBytes((r << 256n) | s, 64);
  return recoverPublicKeyFromBytes(digest, signature, recoveryId);
}

/** Address of the signer. @throws SIGNATURE_INVALID */
export function recoverAddress(digest: Hash32, r: bigint, s: bigint, recoveryId: number): Address {
  return publicKeyToAddress(recoverPublicKey(digest, r, s, recoveryId));
}

/** Address of the signer of a 65-byte signature r, s, recovery id (0..3), as seals and consensus messages carry. @throws SIGNATURE_INVALID */
export function recoverAddressFromBytes(digest: Hash32, signature: Uint8Array): Address {
  if (signature.length !== 65) signatureInvalid();
  return publicKeyToAddress(recoverPublicKeyFromBytes(digest, signature.subarray(0, 64), signature[64] as number));
}

/** Uncompressed public key (65 bytes, 0x04 first). @throws PRIVATE_KEY_INVALID */
export function privateKeyToPublicKey(privateKey: Uint8Array): Uint8Array {
  const key = privateKey.length === 32 ? backend.publicKey(privateKey) : undefined;
  if (key === undefined)
    throw new IsoquorumError('PRIVATE_KEY_INVALID', 'invalid private key', { field: 'privateKey' });
  return key;
}

/** Address of a private key. @throws PRIVATE_KEY_INVALID */
export function privateKeyToAddress(privateKey: Uint8Array): Address {
  return publicKeyToAddress(privateKeyToPublicKey(privateKey));
}

/** Last 20 bytes of the hash of the key's 64 coordinate bytes; takes 65 (0x04 first) or 64 bytes. @throws PUBLIC_KEY_INVALID */
export function publicKeyToAddress(publicKey: Uint8Array): Address {
  if (publicKey.length !== 64 && !(publicKey.length === 65 && publicKey[0] === 4))
    throw new IsoquorumError('PUBLIC_KEY_INVALID', 'expected an uncompressed public key', { field: 'publicKey' });
  return keccak256(publicKey.subarray(publicKey.length - 64)).subarray(12);
}

/** 33-byte form of a key of 64, 65 or 33 bytes that must be on the curve. @throws PUBLIC_KEY_INVALID */
export function compressPublicKey(publicKey: Uint8Array): Uint8Array {
  if (publicKey.length !== 64) return convertPoint(publicKey, true);
  const full = new Uint8Array(65);
  full[0] = 4;
  full.set(publicKey, 1);
  return convertPoint(full, true);
}

/** 65-byte form of a key of 33 or 65 bytes that must be on the curve. @throws PUBLIC_KEY_INVALID */
export function decompressPublicKey(publicKey: Uint8Array): Uint8Array {
  return convertPoint(publicKey, false);
}

function convertPoint(publicKey: Uint8Array, compressed: boolean): Uint8Array {
  try {
    return secp256k1.Point.fromBytes(publicKey).toBytes(compressed);
  } catch (cause) {
    throw new IsoquorumError('PUBLIC_KEY_INVALID', 'public key is not on the curve', { field: 'publicKey' }, 'REJECT', {
      cause,
    });
  }
}
