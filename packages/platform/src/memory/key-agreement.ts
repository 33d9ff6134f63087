import { x25519 } from '@noble/curves/ed25519.js';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { checkSecret, keyNotFound, keyRejected } from '../key-agreement-error.ts';
import type { KeyAgreement } from '../key-agreement.ts';

/** The X25519 public key of a private one. @throws KEY_REJECTED when it has not 32 bytes */
export function enclavePublicKey(privateKey: Uint8Array): EnclaveKey {
  if (privateKey.length !== 32) throw new IsoquorumError('KEY_REJECTED', 'an X25519 private key has 32 bytes', {});
  return x25519.getPublicKey(privateKey);
}

/** X25519 by `@noble/curves`, keys in memory: the pure default. @throws KEY_REJECTED */
export function createMemoryKeyAgreement(privateKeys: readonly Uint8Array[]): KeyAgreement {
  const pairs = privateKeys.map((privateKey) => ({
    privateKey: privateKey.slice(),
    publicKey: enclavePublicKey(privateKey),
  }));
  const byPublicKey = new Map(pairs.map((pair) => [bytesToBase64(pair.publicKey), pair.privateKey]));
  return {
    publicKeys: () => pairs.map(({ publicKey }) => publicKey),
    async sharedSecret(ours, theirs) {
      const privateKey = byPublicKey.get(bytesToBase64(ours));
      if (privateKey === undefined) throw keyNotFound(ours);
      if (theirs.length !== 32) throw keyRejected(theirs);
      let secret: Uint8Array;
      try {
        secret = x25519.getSharedSecret(privateKey, theirs);
      } catch (cause) {
        throw keyRejected(theirs, cause);
      }
      return checkSecret(secret, theirs);
    },
  };
}
