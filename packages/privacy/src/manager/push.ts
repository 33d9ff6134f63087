import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { payloadHash } from '../codec/payload-hash.ts';
import type { SealedPayload } from '../codec/payload.ts';
import { indexOfKey } from '../codec/recipient.ts';
import type { AffectedPayload } from '../enclave/enclave.ts';
import { type ManagerContext, openWithOwnKeys } from './manager-context.ts';
import { managerError } from './manager-error.ts';
import { checkPushed } from './privacy-checks.ts';

/** Sizes that NaCl payloads have; others can never be opened. @throws PAYLOAD_MALFORMED */
export function checkShape(payload: SealedPayload): void {
  const fail = (field: string): never => {
    throw managerError('PAYLOAD_MALFORMED', `Invalid payload: ${field}`, { field });
  };
  if (payload.senderKey.length !== 32) fail('senderKey');
  if (payload.cipherText.length < 16) fail('cipherText');
  if (payload.cipherTextNonce.length !== 24) fail('cipherTextNonce');
  if (payload.recipientNonce.length !== 24) fail('recipientNonce');
  if (payload.recipientBoxes.length === 0 || payload.recipientBoxes.some((box) => box.length !== 48))
    fail('recipientBoxes');
  if (payload.recipientKeys.some((key) => key.length !== 32)) fail('recipientKeys');
  if (
    payload.privacyFlag !== 3 &&
    payload.recipientKeys.length > 0 &&
    payload.recipientKeys.length !== payload.recipientBoxes.length
  ) {
    fail('recipientKeys');
  }
}

function isSameAffected(left: SealedPayload, right: SealedPayload): boolean {
  if (left.affected.length !== right.affected.length) return false;
  return left.affected.every(({ hash, securityHash }) =>
    right.affected.some((other) => bytesEqual(other.hash, hash) && bytesEqual(other.securityHash, securityHash)),
  );
}

function isSamePayload(left: SealedPayload, right: SealedPayload): boolean {
  return (
    bytesEqual(left.cipherText, right.cipherText) &&
    bytesEqual(left.cipherTextNonce, right.cipherTextNonce) &&
    bytesEqual(left.senderKey, right.senderKey) &&
    bytesEqual(left.recipientNonce, right.recipientNonce) &&
    left.privacyFlag === right.privacyFlag &&
    bytesEqual(left.execHash, right.execHash) &&
    isSameAffected(left, right)
  );
}

/** Adds the box of a payload that is stored already (tessera.md 5.2, step 8); `undefined`: nothing to add. */
function mergeBox(stored: SealedPayload, pushed: SealedPayload): SealedPayload | undefined {
  const box = pushed.recipientBoxes[0];
  if (box === undefined || indexOfKey(stored.recipientBoxes, box) >= 0) return undefined;
  const recipientBoxes = [box, ...stored.recipientBoxes];
  const key = pushed.recipientKeys[0];
  if (key === undefined) return { ...stored, recipientBoxes };
  if (pushed.privacyFlag === 3 && indexOfKey(stored.recipientKeys, key) < 0) {
    throw managerError('PAYLOAD_MISMATCH', 'expected recipient not found', { recipient: bytesToBase64(key) });
  }
  const others =
    pushed.privacyFlag === 3 ? stored.recipientKeys.filter((other) => !bytesEqual(other, key)) : stored.recipientKeys;
  return { ...stored, recipientBoxes, recipientKeys: [key, ...others] };
}

/** A payload of ours comes back to rebuild a lost store (tessera.md 5.3); `undefined`: nothing new. */
async function mergeOwn(
  context: ManagerContext,
  stored: SealedPayload | undefined,
  pushed: SealedPayload,
): Promise<SealedPayload | undefined> {
  const { enclave } = context;
  const reduced: SealedPayload =
    pushed.privacyFlag === 3
      ? {
          ...pushed,
          privacyFlag: 0,
          execHash: new Uint8Array(0),
          recipientKeys: pushed.recipientKeys.slice(0, 1),
          recipientBoxes: pushed.recipientBoxes.slice(0, 1),
        }
      : pushed;
  const plaintext = await enclave.open(reduced, pushed.senderKey);
  if (stored === undefined) {
    const keys =
      indexOfKey(pushed.recipientKeys, pushed.senderKey) >= 0
        ? pushed.recipientKeys
        : [...pushed.recipientKeys, pushed.senderKey];
    const missing = keys.slice(pushed.recipientBoxes.length);
    const boxes =
      pushed.recipientKeys.length === 0
        ? []
        : await Promise.all(missing.map((key) => enclave.createRecipientBox(reduced, key)));
    return { ...pushed, recipientKeys: keys, recipientBoxes: [...pushed.recipientBoxes, ...boxes] };
  }
  const [key] = pushed.recipientKeys;
  const [box] = pushed.recipientBoxes;
  if (key === undefined || box === undefined) return undefined;
  if (indexOfKey(stored.recipientBoxes, box) >= 0 || indexOfKey(stored.recipientKeys, key) >= 0) return undefined;
  const known = await enclave.open(stored, stored.senderKey);
  if (!bytesEqual(known, plaintext) || !bytesEqual(stored.cipherText, pushed.cipherText)) {
    throw managerError('PAYLOAD_MISMATCH', 'Invalid payload provided', {});
  }
  return { ...stored, recipientKeys: [...stored.recipientKeys, key], recipientBoxes: [...stored.recipientBoxes, box] };
}

async function merge(
  context: ManagerContext,
  stored: SealedPayload | undefined,
  payload: SealedPayload,
): Promise<SealedPayload | undefined> {
  const own = await context.enclave.publicKeys();
  if (indexOfKey(own, payload.senderKey) >= 0) return mergeOwn(context, stored, payload);
  if (stored === undefined) return payload;
  if (isSamePayload(stored, payload)) return mergeBox(stored, payload);
  // Somebody who knew the cipherText may have pushed a copy that opens for nobody: it must not keep the real one out.
  const isReplaceable = context.rules.strictPush && (await openWithOwnKeys(context, stored)) === undefined;
  if (isReplaceable && (await openWithOwnKeys(context, payload)) !== undefined) return payload;
  throw managerError('PAYLOAD_MISMATCH', 'Invalid existing transaction', { hash: bytesToBase64(payloadHash(payload)) });
}

/** What the pushed payload's metadata demands: the payload to keep, or `undefined` to answer without storing. */
async function validate(
  context: ManagerContext,
  payload: SealedPayload,
  hash: Uint8Array,
): Promise<SealedPayload | undefined> {
  const found: AffectedPayload[] = [];
  for (const entry of payload.affected) {
    const stored = await context.payloads.get(entry.hash);
    if (stored !== undefined) found.push({ hash: entry.hash, payload: stored });
  }
  if (checkPushed(context.rules, payload, found) === 'ignore') return undefined;
  if (payload.affected.length === 0) return payload;
  const invalid = await context.enclave.findInvalidSecurityHashes(payload, found);
  if (invalid.length === 0) return payload;
  if (payload.privacyFlag === 3) {
    const names = invalid.map(bytesToBase64).join(',');
    const text = `Invalid security hashes identified for PSC TX TxHash[${bytesToBase64(hash)}]. Invalid ACOTHs: ${names}`;
    throw managerError('PRIVACY_VIOLATION', text, { hash: bytesToBase64(hash) });
  }
  return { ...payload, affected: payload.affected.filter((entry) => indexOfKey(invalid, entry.hash) < 0) };
}

/** Tessera's `/push` (tessera.md 5.2); errors as in {@link TransactionManager.storePushed}. */
export async function storePushedPayload(
  context: ManagerContext,
  pushed: SealedPayload,
): Promise<EncryptedPayloadHash> {
  if (context.rules.strictPush) checkShape(pushed);
  const hash = payloadHash(pushed);
  return context.queue.run(hash, async () => {
    const payload = await validate(context, pushed, hash);
    if (payload === undefined) return hash;
    const merged = await merge(context, await context.payloads.get(hash), payload);
    if (merged !== undefined) await context.payloads.put(hash, merged);
    return hash;
  });
}
