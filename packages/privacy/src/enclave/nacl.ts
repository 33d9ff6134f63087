import { hsalsa, xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { IsoquorumError } from '@isoquorum/primitives/errors';

const sigma = new Uint32Array([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
const zeroNonce = new Uint32Array(4);

function words(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(4 * index, true));
}

/**
 * NaCl's `crypto_box_beforenm`: the symmetric key of two parties, HSalsa20 of their X25519 secret.
 * @param secret 32-byte X25519 shared secret
 */
export function boxKey(secret: Uint8Array): Uint8Array {
  const derived = new Uint32Array(8);
  hsalsa(sigma, words(secret), zeroNonce, derived);
  const key = new Uint8Array(32);
  const view = new DataView(key.buffer);
  derived.forEach((word, index) => view.setUint32(4 * index, word, true));
  return key;
}

/** NaCl's secretbox in its easy form: 16-byte tag, then the cipher text. Key 32 bytes, nonce 24. */
export function sealSecretBox(message: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array {
  return xsalsa20poly1305(key, nonce).encrypt(message);
}

/** @throws OPEN_FAILED with Tessera's text when the tag does not fit, or nonce or box have a wrong length */
export function openSecretBox(box: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array {
  try {
    return xsalsa20poly1305(key, nonce).decrypt(box);
  } catch (cause) {
    throw new IsoquorumError('OPEN_FAILED', 'jnacl could not open the payload using the shared key', {}, 'REJECT', {
      cause,
    });
  }
}
