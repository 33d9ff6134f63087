import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { payloadHash } from '../codec/payload-hash.ts';
import type { SealedPayload } from '../codec/payload.ts';
import { indexOfKey, payloadForRecipient } from '../codec/recipient.ts';
import { isOpenFailure } from '../enclave/create-enclave.ts';
import { type ManagerContext, openWithOwnKeys } from './manager-context.ts';
import { managerError, payloadNotFound } from './manager-error.ts';
import type { ReceivedPayload } from './transaction-manager.ts';

/** @throws PAYLOAD_NOT_FOUND */
export async function findPayload(context: ManagerContext, hash: Uint8Array): Promise<SealedPayload> {
  const payload = await context.payloads.get(hash);
  if (payload === undefined) throw payloadNotFound(hash);
  return payload;
}

/** Tessera's `GET /transaction/{hash}`; errors as in {@link TransactionManager.receive}. */
export async function receivePayload(
  context: ManagerContext,
  hash: Uint8Array,
  to: EnclaveKey | undefined,
): Promise<ReceivedPayload> {
  const payload = await findPayload(context, hash);
  const opened = await openWithOwnKeys(context, payload);
  if (opened === undefined) {
    const name = bytesToBase64(hash);
    throw managerError('NO_RECIPIENT_KEY', `No suitable recipient keys found to decrypt payload for : ${name}`, {
      hash: name,
    });
  }
  const plaintext =
    to === undefined || bytesEqual(to, opened.key) ? opened.plaintext : await context.enclave.open(payload, to);
  const own = await context.enclave.publicKeys();
  const managedParties =
    payload.recipientKeys.length === 0
      ? [opened.key]
      : own.filter((key) => indexOfKey(payload.recipientKeys, key) >= 0);
  return {
    payload: plaintext,
    privacyFlag: payload.privacyFlag,
    affected: payload.affected.map((entry) => entry.hash),
    execHash: payload.execHash,
    managedParties,
    senderKey: payload.senderKey,
    privacyGroupId: payload.privacyGroupId,
  };
}

/** `/encodedpayload/decrypt`. @throws NO_RECIPIENT_KEY, ENCLAVE_UNAVAILABLE */
export async function openPayload(context: ManagerContext, payload: SealedPayload): Promise<Uint8Array> {
  const opened = await openWithOwnKeys(context, payload);
  if (opened !== undefined) return opened.plaintext;
  const name = bytesToBase64(payloadHash(payload));
  throw managerError('NO_RECIPIENT_KEY', `No suitable recipient keys found to decrypt payload for ${name}`, {
    hash: name,
  });
}

/** `isRaw=true`. @throws RAW_PAYLOAD_NOT_FOUND, KEY_NOT_FOUND, OPEN_FAILED */
export async function receiveRawPayload(context: ManagerContext, hash: Uint8Array): Promise<ReceivedPayload> {
  const raw = await context.payloads.getRaw(hash);
  if (raw === undefined) {
    const name = bytesToBase64(hash);
    throw managerError('RAW_PAYLOAD_NOT_FOUND', `Raw Message with hash ${name} was not found`, { hash: name });
  }
  return {
    payload: await context.enclave.openRaw(raw),
    privacyFlag: 0,
    affected: [],
    execHash: new Uint8Array(0),
    managedParties: [raw.from],
    senderKey: raw.from,
    privacyGroupId: undefined,
  };
}

/** The payload as its lost sender needs it: for each box the key of ours that opens it (tessera.md 7.1). */
async function forSender(context: ManagerContext, payload: SealedPayload, hash: Uint8Array): Promise<SealedPayload> {
  const own = await context.enclave.publicKeys();
  const keys: EnclaveKey[] = [];
  for (const box of payload.recipientBoxes) {
    let found: EnclaveKey | undefined;
    for (const key of own) {
      try {
        await context.enclave.open(
          { ...payload, privacyFlag: 0, execHash: new Uint8Array(0), recipientBoxes: [box], recipientKeys: [key] },
          key,
        );
        found = key;
        break;
      } catch (error) {
        if (!isOpenFailure(error)) throw error;
      }
    }
    if (found === undefined) {
      const name = bytesToBase64(hash);
      throw managerError('NO_KEY_FOR_BOX', `No key found as recipient of message ${name}`, { hash: name });
    }
    keys.push(found);
  }
  return { ...payload, recipientKeys: keys };
}

/** `/resend` INDIVIDUAL (tessera.md 7.1). @throws PAYLOAD_NOT_FOUND, ENHANCED_PRIVACY_RESEND, NOT_A_RECIPIENT, NO_KEY_FOR_BOX */
export async function resendPayload(
  context: ManagerContext,
  hash: Uint8Array,
  requester: EnclaveKey,
): Promise<SealedPayload> {
  const payload = await findPayload(context, hash);
  if (payload.privacyFlag !== 0) {
    throw managerError('ENHANCED_PRIVACY_RESEND', 'Cannot resend enhanced privacy transaction in legacy resend');
  }
  if (!bytesEqual(payload.senderKey, requester)) return payloadForRecipient(payload, requester);
  return forSender(context, payload, hash);
}
