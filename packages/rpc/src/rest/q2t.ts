import type { EnclaveKey, EncryptedPayloadHash } from '@isoquorum/primitives/bytes';

/** A key as bytes, or the client's own text for it, handed to the manager unread so that the manager answers for it. */
export type Q2tKey = EnclaveKey | string;

/** What goes with a private transaction to its manager (tessera.md 3.2, goquorum.md 2.8). */
export interface Q2tDistribution {
  readonly to: readonly Q2tKey[];
  /** Default 0. */
  readonly privacyFlag?: number;
  readonly affectedContractTransactions?: readonly Uint8Array[];
  /** Merkle root as bytes; only with flag 3. Sent as base64 text, as GoQuorum does. */
  readonly execHash?: Uint8Array;
  readonly mandatoryRecipients?: readonly Q2tKey[];
}

export interface Q2tSend extends Q2tDistribution {
  readonly payload: Uint8Array;
  /** Default: the manager's default key. */
  readonly from?: Q2tKey;
}

export interface Q2tSendSigned extends Q2tDistribution {
  readonly hash: EncryptedPayloadHash;
}

export interface Q2tSent {
  readonly hash: EncryptedPayloadHash;
  readonly senderKey: EnclaveKey | undefined;
  readonly managedParties: readonly EnclaveKey[];
}

export interface Q2tPayload {
  readonly payload: Uint8Array;
  readonly privacyFlag: number;
  readonly affectedContractTransactions: readonly Uint8Array[];
  /** Text as the manager keeps it (base64 of the Merkle root); empty unless flag 3. */
  readonly execHash: string;
  readonly managedParties: readonly EnclaveKey[];
  readonly senderKey: EnclaveKey | undefined;
}

/** A group of parties that share a private state (`/groups/resident`). */
export interface Q2tGroup {
  readonly name: string;
  /** Private state identifier. */
  readonly psi: string;
  /** Base64 keys. */
  readonly members: readonly string[];
}

/** A payload became available at the manager. */
export interface Q2tStoredEvent {
  readonly sequence: number;
  readonly hash: EncryptedPayloadHash;
}

/** What a client of a transaction manager may use, by its highest API version. */
export interface Q2tFeatures {
  readonly version: string;
  readonly apiVersions: readonly string[];
  /** >= 2.0 */
  readonly privacyEnhancements: boolean;
  /** >= 2.1 */
  readonly multitenancy: boolean;
  /** >= 3.0 */
  readonly multiplePrivateStates: boolean;
  /** >= 4.0 */
  readonly mandatoryRecipients: boolean;
  /** The manager is one of ours: `storedSince` and the home routes exist. */
  readonly isoquorum: boolean;
}

export type Q2tErrorCode =
  /** No answer, a broken one, or 503: ask again later. Reaction RETRY; says nothing about whether we are a party. */
  | 'MANAGER_UNREACHABLE'
  /** The manager answered with an error; text `<status> status: <body>` as GoQuorum prints it; fields `status`, `body`. */
  | 'MANAGER_REFUSED'
  /** Refused before any request: text of goquorum.md 2.8. */
  | 'MANAGER_FEATURE_MISSING';

/**
 * A node's view of its transaction manager: over HTTP (`createQ2tClient`), or in the same process (`RunningManager.q2t`).
 * Every method may throw MANAGER_UNREACHABLE and MANAGER_REFUSED.
 */
export interface Q2tClient {
  /** Version and features; asked once and kept until a request fails. */
  features(): Promise<Q2tFeatures>;
  /** True when `/upcheck` answers 200; never throws. */
  isUp(): Promise<boolean>;
  /** `/send` @throws also MANAGER_FEATURE_MISSING */
  send(request: Q2tSend): Promise<Q2tSent>;
  /** `/storeraw` */
  storeRaw(payload: Uint8Array, from?: Q2tKey): Promise<EncryptedPayloadHash>;
  /** `/sendsignedtx` @throws also MANAGER_FEATURE_MISSING */
  sendSigned(request: Q2tSendSigned): Promise<Q2tSent>;
  /** `/transaction/{hash}`; `undefined`: not a party (404, or the all-zero hash). Errors mean "cannot say now". */
  receive(hash: EncryptedPayloadHash): Promise<Q2tPayload | undefined>;
  /** A payload stored with `storeRaw`, distributed or not; `undefined`: unknown here. */
  receiveRaw(hash: EncryptedPayloadHash): Promise<Q2tPayload | undefined>;
  isSender(hash: EncryptedPayloadHash): Promise<boolean>;
  participants(hash: EncryptedPayloadHash): Promise<readonly EnclaveKey[]>;
  mandatoryRecipients(hash: EncryptedPayloadHash): Promise<readonly EnclaveKey[]>;
  /** `/encodedpayload/create`: seals without storing; the JSON that {@link Q2tClient.openSealed} takes. */
  seal(payload: Uint8Array, from: Q2tKey | undefined, to: readonly Q2tKey[]): Promise<Uint8Array>;
  /** `/encodedpayload/decrypt`: opens what `seal` answered. @throws also MANAGER_REFUSED for anything else */
  openSealed(sealed: Uint8Array): Promise<Uint8Array>;
  /** `/groups/resident`: groups of parties with a private state of their own. */
  residentGroups(): Promise<readonly Q2tGroup[]>;
  /**
   * Payloads stored after `sequence` (0: all), oldest first, at most 1,000. With `waitMs` and nothing new, answers when something is stored
   * or the time is over (then empty). Managers that are not ours: always empty, after `waitMs`.
   */
  storedSince(sequence: number, waitMs?: number, signal?: AbortSignal): Promise<readonly Q2tStoredEvent[]>;
  /** Carries a request of the home protocol from the peer `peerId` (authenticated by the network) to the manager; see `home.ts`. */
  home(peerId: string, request: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>;
}
