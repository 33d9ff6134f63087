import type { EnclaveKey, EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';

/** Tessera's privacy flag: 0 standard private, 1 party protection, 2 mandatory recipients, 3 private state validation. */
export type PrivacyFlag = 0 | 1 | 2 | 3;

/** One affected contract transaction: its payload hash and the security hash that binds it to the new payload (tessera.md 2.3). */
export interface AffectedTransaction {
  readonly hash: Uint8Array;
  readonly securityHash: Uint8Array;
}

/** What accompanies a payload and is not encrypted (tessera.md 1.1). */
export interface PrivacyMetadata {
  readonly privacyFlag: PrivacyFlag;
  readonly affected: readonly AffectedTransaction[];
  /** Empty unless the flag is 3. */
  readonly execHash: Uint8Array;
  /** Empty unless the flag is 2. */
  readonly mandatoryRecipients: readonly EnclaveKey[];
  readonly privacyGroupId: Uint8Array | undefined;
}

/** A sealed payload, Tessera's `EncodedPayload`: one symmetric key, boxed for each recipient. */
export interface SealedPayload extends PrivacyMetadata {
  readonly senderKey: EnclaveKey;
  /** 16-byte Poly1305 tag, then XSalsa20 output. Its SHA3-512 is the payload's hash. */
  readonly cipherText: Uint8Array;
  readonly cipherTextNonce: Uint8Array;
  /** 48 bytes each: the boxed 32-byte master key. */
  readonly recipientBoxes: readonly Uint8Array[];
  /** One nonce for all boxes. */
  readonly recipientNonce: Uint8Array;
  /** Parallel to the boxes, except with flag 3 after stripping for one recipient; empty in payloads of old peers. */
  readonly recipientKeys: readonly EnclaveKey[];
}

/** A payload that was stored to be signed later (`/storeraw`, tessera.md 2.2). */
export interface RawPayload {
  readonly encryptedPayload: Uint8Array;
  readonly encryptedKey: Uint8Array;
  readonly nonce: Uint8Array;
  readonly from: EnclaveKey;
}

export type PayloadErrorCode =
  | 'EXEC_HASH_INVALID' // execHash present without flag 3, or flag 3 without it
  | 'MANDATORY_RECIPIENTS_INVALID' // mandatory recipients without flag 2, or flag 2 without them
  | 'NOT_A_RECIPIENT'; // the key is not among the payload's recipients

/** Standard private metadata: flag 0, nothing else. */
export const standardPrivate: PrivacyMetadata = {
  privacyFlag: 0,
  affected: [],
  execHash: new Uint8Array(0),
  mandatoryRecipients: [],
  privacyGroupId: undefined,
};

/** Any number outside 0..3 is read as 0, as Tessera does. */
export function toPrivacyFlag(value: number): PrivacyFlag {
  return value === 1 || value === 2 || value === 3 ? value : 0;
}

/**
 * Tessera's two consistency checks, run wherever a payload is built or decoded (tessera.md 1.1).
 * @throws EXEC_HASH_INVALID, MANDATORY_RECIPIENTS_INVALID with Tessera's texts
 */
export function checkPrivacyMetadata(metadata: PrivacyMetadata): void {
  if ((metadata.privacyFlag === 3) !== metadata.execHash.length > 0) {
    throw new IsoquorumError('EXEC_HASH_INVALID', 'ExecutionHash data is invalid', {
      privacyFlag: metadata.privacyFlag,
    });
  }
  if ((metadata.privacyFlag === 2) !== metadata.mandatoryRecipients.length > 0) {
    throw new IsoquorumError(
      'MANDATORY_RECIPIENTS_INVALID',
      'Mandatory recipients data only applicable for Mandatory Recipients privacy mode. In case no mandatory recipient is required, consider using Party Protection privacy mode',
      { privacyFlag: metadata.privacyFlag },
    );
  }
}

export type { EnclaveKey, EncryptedPayloadHash };
