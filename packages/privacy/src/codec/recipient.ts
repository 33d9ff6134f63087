import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual } from '@isoquorum/primitives/hex';
import type { SealedPayload } from './payload.ts';

/** Index of a key in a list, or -1. */
export function indexOfKey(keys: readonly Uint8Array[], key: Uint8Array): number {
  return keys.findIndex((candidate) => bytesEqual(candidate, key));
}

/** Each key once, first occurrence kept. */
export function distinctKeys(keys: readonly EnclaveKey[]): EnclaveKey[] {
  const seen = new Set<string>();
  return keys.filter((key) => {
    const text = bytesToBase64(key);
    return !seen.has(text) && seen.add(text) !== undefined;
  });
}

/**
 * The payload as one recipient gets it (tessera.md 1.1): its box alone, its key alone; with flag 3 all keys, its own first.
 * @throws NOT_A_RECIPIENT with Tessera's text
 */
export function payloadForRecipient(payload: SealedPayload, key: EnclaveKey): SealedPayload {
  const index = indexOfKey(payload.recipientKeys, key);
  if (index < 0) {
    const name = bytesToBase64(key);
    throw new IsoquorumError('NOT_A_RECIPIENT', `Recipient ${name} is not a recipient of transaction `, {
      recipient: name,
    });
  }
  const box = payload.recipientBoxes[index];
  const others = payload.recipientKeys.filter((_, position) => position !== index);
  return {
    ...payload,
    recipientBoxes: box === undefined ? [] : [box],
    recipientKeys: payload.privacyFlag === 3 ? [key, ...others] : [key],
  };
}
