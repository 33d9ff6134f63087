import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import type { PrivacyFlag, SealedPayload } from '../codec/payload.ts';
import { indexOfKey } from '../codec/recipient.ts';
import type { AffectedPayload } from '../enclave/enclave.ts';
import type { ManagerRules } from './manager-context.ts';
import { enhancedPrivacyDisabled, managerError } from './manager-error.ts';

/** Every key of `left` is in `right`. */
export function isSubset(left: readonly EnclaveKey[], right: readonly EnclaveKey[]): boolean {
  return left.every((key) => indexOfKey(right, key) >= 0);
}

/** The same keys, order and repetition aside. */
export function isSameSet(left: readonly EnclaveKey[], right: readonly EnclaveKey[]): boolean {
  return isSubset(left, right) && isSubset(right, left);
}

interface Outgoing {
  readonly privacyFlag: PrivacyFlag;
  readonly mandatoryRecipients: readonly EnclaveKey[];
  readonly recipients: readonly EnclaveKey[];
}

/** Modes, or mandatory sets, do not fit together. */
export function isMetadataMismatched(
  payload: { readonly privacyFlag: PrivacyFlag; readonly mandatoryRecipients: readonly EnclaveKey[] },
  affected: SealedPayload,
): boolean {
  return (
    affected.privacyFlag !== payload.privacyFlag || !isSubset(affected.mandatoryRecipients, payload.mandatoryRecipients)
  );
}

export function recipientsMismatched(hash: Uint8Array): Error {
  const name = bytesToBase64(hash);
  return managerError('PRIVACY_VIOLATION', `Recipients mismatched for Affected Txn ${name}`, { hash: name });
}

/**
 * What a sender may ask for, in Tessera's order (tessera.md 5.1, steps 3 to 6).
 * @throws ENHANCED_PRIVACY_DISABLED, PRIVACY_VIOLATION
 */
export function checkOutgoing(rules: ManagerRules, outgoing: Outgoing, affected: readonly AffectedPayload[]): void {
  if (outgoing.privacyFlag !== 0 && !rules.privacyEnhancements) throw enhancedPrivacyDisabled();
  if (outgoing.privacyFlag === 2 && !isSubset(outgoing.mandatoryRecipients, outgoing.recipients)) {
    throw managerError('PRIVACY_VIOLATION', 'One or more mandatory recipients not included in the participant list');
  }
  for (const { hash, payload } of affected) {
    if (outgoing.privacyFlag === 3 && !isSameSet(outgoing.recipients, payload.recipientKeys))
      throw recipientsMismatched(hash);
  }
  for (const { hash, payload } of affected) {
    if (isMetadataMismatched(outgoing, payload)) {
      const name = bytesToBase64(hash);
      throw managerError('PRIVACY_VIOLATION', `${rules.mismatchText} with Affected Txn ${name}`, { hash: name });
    }
  }
}

/**
 * Whether a pushed payload is kept (tessera.md 5.2, steps 2 to 4): `ignore` is answered as if it were stored.
 * @param affected those of the payload's affected transactions that are stored here
 * @throws ENHANCED_PRIVACY_DISABLED, PRIVACY_VIOLATION
 */
export function checkPushed(
  rules: ManagerRules,
  payload: SealedPayload,
  affected: readonly AffectedPayload[],
): 'keep' | 'ignore' {
  if (payload.privacyFlag !== 0 && !rules.privacyEnhancements) throw enhancedPrivacyDisabled();
  if (affected.some((entry) => isMetadataMismatched(payload, entry.payload))) return 'ignore';
  if (payload.privacyFlag !== 3) return 'keep';
  if (affected.length !== payload.affected.length) return 'ignore';
  if (affected.some((entry) => indexOfKey(entry.payload.recipientKeys, payload.senderKey) < 0)) return 'ignore';
  for (const { hash, payload: stored } of affected) {
    if (!isSameSet(stored.recipientKeys, payload.recipientKeys)) throw recipientsMismatched(hash);
  }
  return 'keep';
}
