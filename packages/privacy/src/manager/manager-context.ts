import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import type { SealedPayload } from '../codec/payload.ts';
import { indexOfKey } from '../codec/recipient.ts';
import { isOpenFailure } from '../enclave/create-enclave.ts';
import type { Enclave } from '../enclave/enclave.ts';
import type { Distributions } from './distributions.ts';
import type { KeyedQueue } from './keyed-queue.ts';
import type { PayloadStore } from './payload-store.ts';
import type { PayloadPublisher } from './transaction-manager.ts';

/** Where Tessera's versions differ, or where ours is stricter (tessera.md 14). */
export interface ManagerRules {
  /** 1.0 accepts and keeps what 24.4 refuses in metadata. */
  readonly dialect: '24.4' | '1.0';
  /** Accept and send flags 1 to 3. */
  readonly privacyEnhancements: boolean;
  /** Refuse pushed payloads whose keys, nonces or boxes cannot be NaCl's, and replace a stored row that no key of ours opens. */
  readonly strictPush: boolean;
  /** Text before ` with Affected Txn <hash>` when modes differ. */
  readonly mismatchText: string;
}

export const defaultRules: ManagerRules = {
  dialect: '24.4',
  privacyEnhancements: false,
  strictPush: true,
  mismatchText: 'Privacy metadata mismatched',
};

export const tessera10Rules: ManagerRules = {
  dialect: '1.0',
  privacyEnhancements: true,
  strictPush: false,
  mismatchText: 'Private state validation flag mismatched',
};

/** What the parts of the transaction manager share. */
export interface ManagerContext {
  readonly enclave: Enclave;
  readonly payloads: PayloadStore;
  readonly publisher: PayloadPublisher;
  readonly rules: ManagerRules;
  /** One writer per hash. Held over store and enclave work, never over a push. */
  readonly queue: KeyedQueue;
  readonly distributions: Distributions;
}

/** The first of our keys that opens a payload, with the plaintext; `undefined` when none does. @throws ENCLAVE_UNAVAILABLE */
export async function openWithOwnKeys(
  context: ManagerContext,
  payload: SealedPayload,
): Promise<{ readonly key: EnclaveKey; readonly plaintext: Uint8Array } | undefined> {
  const own = await context.enclave.publicKeys();
  const listed = own.filter(
    (key) => indexOfKey(payload.recipientKeys, key) >= 0 || indexOfKey([payload.senderKey], key) >= 0,
  );
  for (const key of payload.recipientKeys.length === 0 ? own : listed) {
    try {
      return { key, plaintext: await context.enclave.open(payload, key) };
    } catch (error) {
      if (!isOpenFailure(error)) throw error;
    }
  }
  return undefined;
}
