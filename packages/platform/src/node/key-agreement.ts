import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { concatBytes } from '@isoquorum/primitives/hex';
import { checkSecret, keyNotFound, keyRejected } from '../key-agreement-error.ts';
import type { KeyAgreement } from '../key-agreement.ts';
import { enclavePublicKey } from '../memory/key-agreement.ts';

/** DER heads of an X25519 key: PKCS#8 before the private key, SubjectPublicKeyInfo before the public one (RFC 8410). */
const privateHead = Uint8Array.from([0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20]);
const publicHead = Uint8Array.from([0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 3, 0x21, 0]);

function toPublicKey(raw: Uint8Array): KeyObject {
  const der = concatBytes(publicHead, raw);
  return createPublicKey({ key: der as never, format: 'der', type: 'spki' });
}

/** X25519 by OpenSSL: about twenty times faster than the pure one. Private keys live in OpenSSL's memory. @throws KEY_REJECTED */
export function createNodeKeyAgreement(privateKeys: readonly Uint8Array[]): KeyAgreement {
  const pairs = privateKeys.map((privateKey) => {
    const publicKey = enclavePublicKey(privateKey);
    const der = concatBytes(privateHead, privateKey);
    return { publicKey, privateKey: createPrivateKey({ key: der as never, format: 'der', type: 'pkcs8' }) };
  });
  const byPublicKey = new Map(pairs.map((pair) => [bytesToBase64(pair.publicKey), pair.privateKey]));
  return {
    publicKeys: () => pairs.map(({ publicKey }) => publicKey),
    async sharedSecret(ours, theirs) {
      const privateKey = byPublicKey.get(bytesToBase64(ours));
      if (privateKey === undefined) throw keyNotFound(ours);
      if (theirs.length !== 32) throw keyRejected(theirs);
      let secret: Uint8Array;
      try {
        secret = new Uint8Array(diffieHellman({ privateKey, publicKey: toPublicKey(theirs) }));
      } catch (cause) {
        throw keyRejected(theirs, cause);
      }
      return checkSecret(secret, theirs);
    },
  };
}
