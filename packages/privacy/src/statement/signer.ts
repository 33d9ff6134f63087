import { ed25519 } from '@noble/curves/ed25519.js';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { ed25519KeyToPeerId, publicKeyToPeerId } from '@isoquorum/primitives/node-key';
import { encodeRlp, type RlpItem } from '@isoquorum/primitives/rlp';
import {
  compressPublicKey,
  privateKeyToPublicKey,
  recoverPublicKeyFromBytes,
  signDigestBytes,
} from '@isoquorum/primitives/secp256k1';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';

/** A key that signs statements: a node's secp256k1 key (33 bytes, compressed) or a page's Ed25519 key (32 bytes). */
export interface SigningKey {
  readonly type: 'secp256k1' | 'ed25519';
  readonly publicKey: Uint8Array;
}

/** Signs bytes: secp256k1 gives r, s, recovery id over their Keccak-256 (65 bytes), Ed25519 signs them as they are (64 bytes). */
export interface StatementSigner extends SigningKey {
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

export type SignerErrorCode = 'STATEMENT_SIGNATURE_INVALID';

/**
 * The bytes that are signed for one type of message on one chain: RLP [genesis hash, type, body]. Neither another chain nor another
 * type of message can reuse the signature.
 */
export function domainBytes(genesisHash: Hash32, type: string, body: RlpItem): Uint8Array {
  return encodeRlp([genesisHash, utf8ToBytes(`isoquorum/${type}`), body]);
}

/** A signer over a node's secp256k1 key. */
export function createNodeKeySigner(nodeKey: Uint8Array): StatementSigner {
  const publicKey = compressPublicKey(privateKeyToPublicKey(nodeKey));
  return { type: 'secp256k1', publicKey, sign: async (bytes) => signDigestBytes(keccak256(bytes), nodeKey) };
}

/** A signer over an Ed25519 seed in memory, for tests and simulations; pages sign with WebCrypto. */
export function createEd25519Signer(seed: Uint8Array): StatementSigner {
  return { type: 'ed25519', publicKey: ed25519.getPublicKey(seed), sign: async (bytes) => ed25519.sign(bytes, seed) };
}

/** libp2p PeerId of a signing key. @throws PUBLIC_KEY_INVALID */
export function signingKeyToPeerId(key: SigningKey): string {
  return key.type === 'ed25519' ? ed25519KeyToPeerId(key.publicKey) : publicKeyToPeerId(key.publicKey);
}

function isValid(key: SigningKey, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (key.type === 'ed25519') {
    return (
      key.publicKey.length === 32 &&
      signature.length === 64 &&
      ed25519.verify(signature, bytes, key.publicKey, { zip215: false })
    );
  }
  if (signature.length !== 65) return false;
  const recovered = recoverPublicKeyFromBytes(keccak256(bytes), signature.subarray(0, 64), signature[64] as number);
  return bytesEqual(compressPublicKey(recovered), key.publicKey);
}

/** @throws STATEMENT_SIGNATURE_INVALID */
export function checkSignature(key: SigningKey, bytes: Uint8Array, signature: Uint8Array): void {
  let valid = false;
  try {
    valid = isValid(key, bytes, signature);
  } catch {
    valid = false;
  }
  if (!valid)
    throw new IsoquorumError('STATEMENT_SIGNATURE_INVALID', 'the signature does not fit the signing key', {
      type: key.type,
    });
}
