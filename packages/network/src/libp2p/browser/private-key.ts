import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { publicKeyFromRaw } from '@libp2p/crypto/keys';
import type { Ed25519PrivateKey, Ed25519PublicKey } from '@libp2p/interface';
import type { BrowserIdentity } from './identity.ts';

/**
 * A browser's identity as libp2p's private key. libp2p 3 needs of it the public key (PeerId, noise's identity key, sealed records) and
 * `sign`; whoever asks for `raw` gets an error, since WebCrypto does not give the key away.
 */
export function createPrivateKey(identity: BrowserIdentity): Ed25519PrivateKey {
  const publicKey = publicKeyFromRaw(identity.publicKey) as Ed25519PublicKey;
  return {
    type: 'Ed25519',
    publicKey,
    get raw(): Uint8Array {
      throw new IsoquorumError('KEY_NOT_EXTRACTABLE', 'the private key does not leave WebCrypto', {});
    },
    equals: (other?: { publicKey?: { raw?: unknown } }) => {
      const raw = other?.publicKey?.raw;
      return raw instanceof Uint8Array && bytesEqual(raw, identity.publicKey);
    },
    sign: (data) => identity.sign(data instanceof Uint8Array ? data : data.subarray()),
  };
}
