import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import type { PrivacyMetadata, RawPayload, SealedPayload } from '../codec/payload.ts';

/** An affected transaction as the enclave needs it: the stored payload, to compute or check its security hash. */
export interface AffectedPayload {
  readonly hash: Uint8Array;
  readonly payload: SealedPayload;
}

/** Metadata of a payload that is about to be sealed: security hashes are not known yet, so affected payloads come whole. */
export interface SealOptions extends Omit<PrivacyMetadata, 'affected'> {
  readonly affected: readonly AffectedPayload[];
}

/** Who proves possession of which enclave key to whom, over which 32-byte digest (see `statement/proof.ts`). */
export interface PossessionClaim {
  readonly prover: EnclaveKey;
  readonly verifier: EnclaveKey;
  readonly digest: Uint8Array;
}

/**
 * Holds the enclave keys and does everything that needs a private key (tessera.md 2.6); hashing, storage, validation and
 * distribution are the transaction manager's. All kinds pass `testing/enclave-suite.ts`: in process over the `KeyAgreement` port
 * (noble, native, WebCrypto), and remote over HTTP.
 */
export interface Enclave {
  /** Keys this enclave holds, default first. @throws ENCLAVE_UNAVAILABLE */
  publicKeys(): Promise<readonly EnclaveKey[]>;
  /** Keys every payload is also sent to (`alwaysSendTo`). @throws ENCLAVE_UNAVAILABLE */
  forwardingKeys(): Promise<readonly EnclaveKey[]>;
  /** Seals with a fresh master key and fresh nonces. @throws KEY_NOT_FOUND (sender not held), KEY_REJECTED, ENCLAVE_UNAVAILABLE */
  seal(
    message: Uint8Array,
    sender: EnclaveKey,
    recipients: readonly EnclaveKey[],
    options: SealOptions,
  ): Promise<SealedPayload>;
  /** Encrypts for the sender alone, to be distributed later under the same hash. @throws KEY_NOT_FOUND */
  sealRaw(message: Uint8Array, sender: EnclaveKey): Promise<RawPayload>;
  /** Makes a payload of a stored raw one: same cipherText and nonce, fresh boxes. @throws KEY_NOT_FOUND, OPEN_FAILED */
  sealFromRaw(raw: RawPayload, recipients: readonly EnclaveKey[], options: SealOptions): Promise<SealedPayload>;
  /** Opens a payload with one of our keys (box choice: tessera.md 2.4). @throws RECIPIENT_NOT_LISTED, KEY_NOT_FOUND, OPEN_FAILED */
  open(payload: SealedPayload, key: EnclaveKey): Promise<Uint8Array>;
  /** @throws KEY_NOT_FOUND, OPEN_FAILED */
  openRaw(raw: RawPayload): Promise<Uint8Array>;
  /** A box of the payload's master key for another recipient, under the existing recipientNonce. @throws NO_BOX, KEY_NOT_FOUND, OPEN_FAILED */
  createRecipientBox(payload: SealedPayload, key: EnclaveKey): Promise<Uint8Array>;
  /** Hashes of the affected transactions whose security hash is wrong, or whose payload was not supplied. */
  findInvalidSecurityHashes(
    payload: SealedPayload,
    affected: readonly AffectedPayload[],
  ): Promise<readonly Uint8Array[]>;
  /** 32-byte proof of possession; prover and verifier compute the same value, each with its own private key. @throws KEY_NOT_FOUND */
  possessionProof(claim: PossessionClaim): Promise<Uint8Array>;
  /** Never throws. */
  status(): Promise<'STARTED' | 'STOPPED'>;
}

/** Codes of errors that enclaves throw; texts are Tessera's where its clients see them. */
export type EnclaveErrorCode =
  | 'KEY_NOT_FOUND' // the private key of that public key is not held here
  | 'KEY_REJECTED' // a malformed or low-order public key
  | 'OPEN_FAILED' // authentication failed: wrong key or altered bytes
  | 'RECIPIENT_NOT_LISTED' // the key is not in recipientKeys
  | 'NO_BOX' // payload without a recipient box
  | 'ENCLAVE_UNAVAILABLE'; // remote enclave down or failing (HTTP 503 at the manager)
