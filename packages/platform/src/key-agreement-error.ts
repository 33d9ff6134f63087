import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { IsoquorumError } from '@isoquorum/primitives/errors';

export type KeyAgreementErrorCode =
  | 'KEY_NOT_FOUND' // the private key is not held here
  | 'KEY_REJECTED' // a public key of wrong length or low order, or a private key of wrong length
  | 'KEY_STORE_FAILED'; // the place that keeps the keys cannot be used

/** Tessera's text, on which clients match. */
export function keyNotFound(publicKey: Uint8Array): IsoquorumError {
  const key = bytesToBase64(publicKey);
  return new IsoquorumError('KEY_NOT_FOUND', `Public key ${key} not found when searching for private key`, { key });
}

/** Tessera's text. The key is named only when it is a public one. */
export function keyRejected(publicKey: Uint8Array, cause?: unknown): IsoquorumError {
  const key = bytesToBase64(publicKey.subarray(0, 64));
  return new IsoquorumError('KEY_REJECTED', 'jnacl could not compute the shared key', { key }, 'REJECT', { cause });
}

/** A shared secret of zeros comes from a public key of low order and must not be used. @throws KEY_REJECTED */
export function checkSecret(secret: Uint8Array, theirs: Uint8Array): Uint8Array {
  let bits = 0;
  for (const byte of secret) bits |= byte;
  if (bits === 0) throw keyRejected(theirs);
  return secret;
}
