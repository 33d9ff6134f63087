import type { EnclaveKey } from '@isoquorum/primitives/bytes';

/**
 * X25519 with private keys that stay where they are: in process (noble, native) or non-extractable in WebCrypto.
 * All implementations pass the suite in `testing/key-agreement-suite.ts`.
 */
export interface KeyAgreement {
  /** Public keys this implementation holds private keys for, in order of creation; the first is the default. */
  publicKeys(): readonly EnclaveKey[];
  /**
   * The raw 32-byte X25519 shared secret between one of our keys and `theirs`.
   * @throws KEY_NOT_FOUND when `ours` is not held here; KEY_REJECTED for a low-order or malformed `theirs`
   */
  sharedSecret(ours: EnclaveKey, theirs: EnclaveKey): Promise<Uint8Array>;
}
