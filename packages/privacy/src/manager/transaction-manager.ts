import type { EnclaveKey, EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import type { PrivacyFlag, SealedPayload } from '../codec/payload.ts';

/** What distinguishes one private transaction's distribution; all but `to` optional. */
export interface DistributionRequest {
  readonly to: readonly EnclaveKey[];
  /** Default 0. */
  readonly privacyFlag?: PrivacyFlag;
  readonly affected?: readonly Uint8Array[];
  readonly execHash?: Uint8Array;
  readonly mandatoryRecipients?: readonly EnclaveKey[];
}

export interface SendRequest extends DistributionRequest {
  readonly payload: Uint8Array;
  /** Default: the enclave's default key. */
  readonly from?: EnclaveKey;
}

export interface SendSignedRequest extends DistributionRequest {
  /** Hash that `storeRaw` answered. */
  readonly hash: Uint8Array;
}

export interface SendResult {
  readonly hash: EncryptedPayloadHash;
  readonly senderKey: EnclaveKey;
  /** Own keys among sender and recipients. */
  readonly managedParties: readonly EnclaveKey[];
}

/** A decrypted payload with its metadata. */
export interface ReceivedPayload {
  readonly payload: Uint8Array;
  readonly privacyFlag: PrivacyFlag;
  readonly affected: readonly Uint8Array[];
  readonly execHash: Uint8Array;
  readonly managedParties: readonly EnclaveKey[];
  readonly senderKey: EnclaveKey;
  readonly privacyGroupId: Uint8Array | undefined;
}

/** A payload became available here (sent, received, or a new box for one of our keys). Sequence numbers start at 1 and grow. */
export interface StoredEvent {
  readonly sequence: number;
  readonly hash: EncryptedPayloadHash;
}

/**
 * Who holds what: seals, stores, distributes, opens. Pure logic over ports; the HTTP servers of `packages/manager` and the page's
 * Worker are two shells around it. A payload is durable before `send`, `sendSigned`, `storeRaw` or `storePushed` resolve.
 */
export interface TransactionManager {
  /**
   * Seals, stores and pushes to every remote recipient; resolves when all acknowledged. On failure nothing stays stored here.
   * @throws PAYLOAD_EMPTY, RECIPIENT_UNKNOWN, RECIPIENT_UNREACHABLE, RECIPIENT_REFUSED, KEY_NOT_FOUND, PARTY_CONFLICT, PRIVACY_VIOLATION, ENHANCED_PRIVACY_DISABLED
   */
  send(request: SendRequest): Promise<SendResult>;
  /** Seals as `send` does, but neither stores nor distributes (`/encodedpayload/create`). */
  seal(request: SendRequest): Promise<SealedPayload>;
  /** Opens a sealed payload that need not be stored (`/encodedpayload/decrypt`). @throws NO_RECIPIENT_KEY, ENCLAVE_UNAVAILABLE */
  open(payload: SealedPayload): Promise<Uint8Array>;
  /** Stores for the sender alone; `sendSigned` distributes it under the same hash. @throws PAYLOAD_EMPTY, KEY_NOT_FOUND */
  storeRaw(
    payload: Uint8Array,
    from?: EnclaveKey,
  ): Promise<{ readonly hash: EncryptedPayloadHash; readonly senderKey: EnclaveKey }>;
  /** Idempotent: repeated for a hash that was distributed, it pushes what is stored again. @throws RAW_PAYLOAD_NOT_FOUND and those of `send` */
  sendSigned(request: SendSignedRequest): Promise<SendResult>;
  /** @throws PAYLOAD_NOT_FOUND (not stored: not a party), NO_RECIPIENT_KEY (stored, no key of ours opens it), ENCLAVE_UNAVAILABLE */
  receive(hash: Uint8Array, to?: EnclaveKey): Promise<ReceivedPayload>;
  /** A payload of `storeRaw`, before or after its distribution. @throws RAW_PAYLOAD_NOT_FOUND */
  receiveRaw(hash: Uint8Array): Promise<ReceivedPayload>;
  /** The sealed payload as stored. @throws PAYLOAD_NOT_FOUND */
  sealed(hash: Uint8Array): Promise<SealedPayload>;
  isSender(hash: Uint8Array): Promise<boolean>;
  participants(hash: Uint8Array): Promise<readonly EnclaveKey[]>;
  /** @throws NOT_MANDATORY_RECIPIENTS when the payload has another privacy flag */
  mandatoryRecipients(hash: Uint8Array): Promise<readonly EnclaveKey[]>;
  /** A payload that another manager pushed (tessera.md 5.2). Idempotent. @throws PRIVACY_VIOLATION, ENHANCED_PRIVACY_DISABLED, PAYLOAD_MISMATCH */
  storePushed(payload: SealedPayload): Promise<EncryptedPayloadHash>;
  /** Deletes the local row only. @throws PAYLOAD_NOT_FOUND */
  delete(hash: Uint8Array): Promise<void>;
  /** `/resend` INDIVIDUAL: the payload as `requester` may have it. @throws PAYLOAD_NOT_FOUND, ENHANCED_PRIVACY_RESEND, NOT_A_RECIPIENT */
  resend(hash: Uint8Array, requester: EnclaveKey): Promise<SealedPayload>;
  /** Stored events after `sequence`, at most `limit` (default 1,000), oldest first. */
  storedSince(sequence: number, limit?: number): Promise<readonly StoredEvent[]>;
  /** Called after each stored payload; returns a function that removes the listener. */
  onStored(listener: (event: StoredEvent) => void): () => void;
}

/**
 * Carries a sealed payload, already stripped for `recipient`, to whoever keeps payloads for that key. Resolves when it is
 * durable there. @throws RECIPIENT_UNKNOWN, RECIPIENT_UNREACHABLE, RECIPIENT_REFUSED, PARTY_CONFLICT
 */
export interface PayloadPublisher {
  /** Throws RECIPIENT_UNKNOWN or PARTY_CONFLICT at once, so that a send with one bad recipient reaches nobody. */
  check(recipient: EnclaveKey): Promise<void>;
  publish(recipient: EnclaveKey, payload: SealedPayload): Promise<void>;
}
