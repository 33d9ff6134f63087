import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EnclaveKey, EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { keyNotFound } from '@isoquorum/platform/key-agreement-error';
import { payloadHash } from '../codec/payload-hash.ts';
import type { SealedPayload } from '../codec/payload.ts';
import { distinctKeys, indexOfKey, payloadForRecipient } from '../codec/recipient.ts';
import type { AffectedPayload, SealOptions } from '../enclave/enclave.ts';
import type { ManagerContext } from './manager-context.ts';
import { managerError } from './manager-error.ts';
import { checkOutgoing } from './privacy-checks.ts';
import type { DistributionRequest, SendRequest, SendResult, SendSignedRequest } from './transaction-manager.ts';

const none: Uint8Array = new Uint8Array(0);

async function findAffected(context: ManagerContext, hashes: readonly Uint8Array[]): Promise<AffectedPayload[]> {
  return Promise.all(
    hashes.map(async (hash) => {
      const payload = await context.payloads.get(hash);
      if (payload === undefined) {
        const name = bytesToBase64(hash);
        throw managerError('PRIVACY_VIOLATION', `Unable to find affectedContractTransaction ${name}`, { hash: name });
      }
      return { hash, payload };
    }),
  );
}

/** Recipients that somebody else keeps payloads for; each is known to be reachable in principle. @throws RECIPIENT_UNKNOWN, PARTY_CONFLICT */
async function findRemote(context: ManagerContext, recipients: readonly EnclaveKey[]): Promise<EnclaveKey[]> {
  const own = await context.enclave.publicKeys();
  const remote = recipients.filter((key) => indexOfKey(own, key) < 0);
  await Promise.all(remote.map((key) => context.publisher.check(key)));
  return remote;
}

async function distribute(
  context: ManagerContext,
  payload: SealedPayload,
  remote: readonly EnclaveKey[],
): Promise<void> {
  await Promise.all(remote.map((key) => context.publisher.publish(key, payloadForRecipient(payload, key))));
}

async function prepare(
  context: ManagerContext,
  request: DistributionRequest,
  recipients: readonly EnclaveKey[],
): Promise<SealOptions> {
  const privacyFlag = request.privacyFlag ?? 0;
  const mandatoryRecipients = distinctKeys(request.mandatoryRecipients ?? []);
  const affected = await findAffected(context, distinctKeys(request.affected ?? []));
  checkOutgoing(context.rules, { privacyFlag, mandatoryRecipients, recipients }, affected);
  return { privacyFlag, affected, execHash: request.execHash ?? none, mandatoryRecipients, privacyGroupId: undefined };
}

async function resultOf(
  context: ManagerContext,
  hash: EncryptedPayloadHash,
  payload: SealedPayload,
): Promise<SendResult> {
  const own = await context.enclave.publicKeys();
  const managedParties = distinctKeys([payload.senderKey, ...payload.recipientKeys]).filter(
    (key) => indexOfKey(own, key) >= 0,
  );
  return { hash, senderKey: payload.senderKey, managedParties };
}

interface Draft {
  readonly sender: EnclaveKey;
  readonly recipients: readonly EnclaveKey[];
  readonly options: SealOptions;
}

/** Everything that is checked before sealing (tessera.md 5.1, steps 1 to 6). */
async function draft(context: ManagerContext, request: SendRequest): Promise<Draft> {
  if (request.payload.length === 0)
    throw managerError('PAYLOAD_EMPTY', 'payload: must not be empty', { field: 'payload' });
  const own = await context.enclave.publicKeys();
  const sender = request.from ?? (own[0] as EnclaveKey);
  if (indexOfKey(own, sender) < 0) throw keyNotFound(sender);
  const recipients = distinctKeys([...request.to, sender, ...(await context.enclave.forwardingKeys())]);
  return { sender, recipients, options: await prepare(context, request, recipients) };
}

/** `/encodedpayload/create`: sealed, not stored, not sent; recipients need not be known. */
export async function sealPayload(context: ManagerContext, request: SendRequest): Promise<SealedPayload> {
  const { sender, recipients, options } = await draft(context, request);
  return context.enclave.seal(request.payload, sender, recipients, options);
}

/** Tessera's `/send` (tessera.md 5.1); errors as in {@link TransactionManager.send}. */
export async function sendPayload(context: ManagerContext, request: SendRequest): Promise<SendResult> {
  const { sender, recipients, options } = await draft(context, request);
  const remote = await findRemote(context, recipients);
  const payload = await context.enclave.seal(request.payload, sender, recipients, options);
  const hash = payloadHash(payload);
  await context.distributions.run(
    hash,
    async () => payload,
    (made) => distribute(context, made, remote),
  );
  return resultOf(context, hash, payload);
}

/** The stored payload with boxes for recipients that it did not have. */
async function addRecipients(
  context: ManagerContext,
  stored: SealedPayload,
  recipients: readonly EnclaveKey[],
): Promise<SealedPayload> {
  const missing = recipients.filter((key) => indexOfKey(stored.recipientKeys, key) < 0);
  const boxes = await Promise.all(missing.map((key) => context.enclave.createRecipientBox(stored, key)));
  return {
    ...stored,
    recipientKeys: [...stored.recipientKeys, ...missing],
    recipientBoxes: [...stored.recipientBoxes, ...boxes],
  };
}

/** Tessera's `/sendsignedtx`; errors as in {@link TransactionManager.sendSigned}. */
export async function sendSignedPayload(context: ManagerContext, request: SendSignedRequest): Promise<SendResult> {
  const raw = await context.payloads.getRaw(request.hash);
  if (raw === undefined) {
    const name = bytesToBase64(request.hash);
    throw managerError('RAW_PAYLOAD_NOT_FOUND', `Raw Transaction with hash ${name} was not found`, { hash: name });
  }
  const forwarding = await context.enclave.forwardingKeys();
  const recipients = distinctKeys([...request.to, ...forwarding, raw.from]);
  const options = await prepare(context, request, recipients);
  const hash = payloadHash({ cipherText: raw.encryptedPayload });
  const remote = await findRemote(context, recipients);
  const make = async (stored: SealedPayload | undefined): Promise<SealedPayload> => {
    if (stored === undefined) return context.enclave.sealFromRaw(raw, recipients, options);
    if (stored.privacyFlag === options.privacyFlag && bytesEqual(stored.execHash, options.execHash)) {
      return addRecipients(context, stored, recipients);
    }
    throw managerError('PAYLOAD_MISMATCH', 'Invalid existing transaction', { hash: bytesToBase64(hash) });
  };
  const payload = await context.distributions.run(hash, make, (made) => distribute(context, made, remote));
  return resultOf(context, hash, payload);
}

/** Tessera's `/storeraw`. @throws PAYLOAD_EMPTY, KEY_NOT_FOUND */
export async function storeRawPayload(
  context: ManagerContext,
  payload: Uint8Array,
  from: EnclaveKey | undefined,
): Promise<{ readonly hash: EncryptedPayloadHash; readonly senderKey: EnclaveKey }> {
  if (payload.length === 0) throw managerError('PAYLOAD_EMPTY', 'payload: must not be empty', { field: 'payload' });
  const senderKey = from ?? ((await context.enclave.publicKeys())[0] as EnclaveKey);
  const raw = await context.enclave.sealRaw(payload, senderKey);
  const hash = payloadHash({ cipherText: raw.encryptedPayload });
  await context.payloads.putRaw(hash, raw);
  return { hash, senderKey };
}
