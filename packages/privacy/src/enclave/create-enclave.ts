import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { sha3_256, sha3_512 } from '@noble/hashes/sha3.js';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual, concatBytes } from '@isoquorum/primitives/hex';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { KeyAgreement } from '@isoquorum/platform/key-agreement';
import type { Random } from '@isoquorum/platform/random';
import { checkPrivacyMetadata, type RawPayload, type SealedPayload } from '../codec/payload.ts';
import { indexOfKey } from '../codec/recipient.ts';
import type { AffectedPayload, Enclave, PossessionClaim, SealOptions } from './enclave.ts';
import { openSecretBox, sealSecretBox } from './nacl.ts';
import { SharedKeys } from './shared-keys.ts';

export interface EnclaveOptions {
  readonly keyAgreement: KeyAgreement;
  readonly random: Random;
  /** Keys every payload is also sent to (`alwaysSendTo`). */
  readonly forwardingKeys?: readonly EnclaveKey[];
  /** Shared keys kept in memory; default 4,096 (about 0.5 MiB). */
  readonly cachedKeys?: number;
  /** `1.0` does not check the metadata of what it seals, as Tessera 1.0 did not. */
  readonly checkMetadata?: boolean;
}

const possessionDomain: Uint8Array = utf8ToBytes('isoquorum/possession/1');

/**
 * An enclave in this process over the key agreement port: NaCl sealing as Tessera does it (tessera.md 2.1–2.4).
 * Private keys stay behind the port; master and shared keys never leave this object.
 */
export function createEnclave(options: EnclaveOptions): Enclave {
  const { keyAgreement, random } = options;
  const sharedKeys = new SharedKeys(keyAgreement, options.cachedKeys ?? 4_096);
  const isOurs = (key: Uint8Array): boolean => indexOfKey(keyAgreement.publicKeys(), key) >= 0;

  const openBox = async (
    payload: SealedPayload,
    index: number,
    ours: EnclaveKey,
    theirs: EnclaveKey,
  ): Promise<Uint8Array> => {
    const box = payload.recipientBoxes[index];
    if (box === undefined) throw openFailed('no box for that key');
    return openSecretBox(box, payload.recipientNonce, await sharedKeys.get(ours, theirs));
  };

  /** The master key of a payload that is stored here, from its first box (tessera.md 2.3). */
  const masterKeyOf = async (payload: SealedPayload): Promise<Uint8Array> => {
    if (payload.recipientBoxes.length === 0) {
      throw new IsoquorumError('NO_BOX', 'An EncodedPayload should have at least one recipient box.', {});
    }
    const first = payload.recipientKeys[0];
    if (isOurs(payload.senderKey) && first !== undefined) return openBox(payload, 0, payload.senderKey, first);
    for (const key of keyAgreement.publicKeys()) {
      try {
        return await openBox(payload, 0, key, payload.senderKey);
      } catch (error) {
        if (!isOpenFailure(error)) throw error;
      }
    }
    throw new IsoquorumError('OPEN_FAILED', 'Unable to decrypt master key', {});
  };

  const securityHash = async (cipherText: Uint8Array, affected: SealedPayload): Promise<Uint8Array> =>
    sha3_512(concatBytes(cipherText, affected.cipherText, await masterKeyOf(affected)));

  const complete = async (
    sealed: { readonly senderKey: EnclaveKey; readonly cipherText: Uint8Array; readonly cipherTextNonce: Uint8Array },
    masterKey: Uint8Array,
    recipients: readonly EnclaveKey[],
    seal: SealOptions,
  ): Promise<SealedPayload> => {
    const recipientNonce = random.bytes(24);
    const recipientBoxes = await Promise.all(
      recipients.map(async (key) =>
        sealSecretBox(masterKey, recipientNonce, await sharedKeys.get(sealed.senderKey, key)),
      ),
    );
    const affected = await Promise.all(
      seal.affected.map(async ({ hash, payload }) => ({
        hash,
        securityHash: await securityHash(sealed.cipherText, payload),
      })),
    );
    const { privacyFlag, execHash, mandatoryRecipients, privacyGroupId } = seal;
    const metadata = { privacyFlag, affected, execHash, mandatoryRecipients, privacyGroupId };
    if (options.checkMetadata !== false) checkPrivacyMetadata(metadata);
    return { ...sealed, recipientBoxes, recipientNonce, recipientKeys: [...recipients], ...metadata };
  };

  const rawMasterKey = async (raw: RawPayload): Promise<Uint8Array> =>
    openSecretBox(raw.encryptedKey, raw.nonce, await sharedKeys.get(raw.from, raw.from));

  return {
    publicKeys: async () => keyAgreement.publicKeys(),
    forwardingKeys: async () => options.forwardingKeys ?? [],

    async seal(message, senderKey, recipients, sealOptions) {
      const masterKey = random.bytes(32);
      const cipherTextNonce = random.bytes(24);
      const cipherText = sealSecretBox(message, cipherTextNonce, masterKey);
      return complete({ senderKey, cipherText, cipherTextNonce }, masterKey, recipients, sealOptions);
    },

    async sealRaw(message, sender) {
      const masterKey = random.bytes(32);
      const nonce = random.bytes(24);
      const encryptedPayload = sealSecretBox(message, nonce, masterKey);
      const encryptedKey = sealSecretBox(masterKey, nonce, await sharedKeys.get(sender, sender));
      return { encryptedPayload, encryptedKey, nonce, from: sender };
    },

    async sealFromRaw(raw, recipients, sealOptions) {
      const masterKey = await rawMasterKey(raw);
      const sealed = { senderKey: raw.from, cipherText: raw.encryptedPayload, cipherTextNonce: raw.nonce };
      return complete(sealed, masterKey, recipients, sealOptions);
    },

    async open(payload, key) {
      const { index, theirs } = chooseBox(payload, key, isOurs(payload.senderKey));
      const masterKey = await openBox(payload, index, key, theirs);
      return openSecretBox(payload.cipherText, payload.cipherTextNonce, masterKey);
    },

    async openRaw(raw) {
      return openSecretBox(raw.encryptedPayload, raw.nonce, await rawMasterKey(raw));
    },

    async createRecipientBox(payload, key) {
      const first = payload.recipientKeys[0];
      if (first === undefined || payload.recipientBoxes.length === 0) {
        throw new IsoquorumError('NO_BOX', 'No key or recipient-box to use', {});
      }
      const masterKey = await openBox(payload, 0, payload.senderKey, first);
      return sealSecretBox(masterKey, payload.recipientNonce, await sharedKeys.get(payload.senderKey, key));
    },

    async findInvalidSecurityHashes(payload, affected) {
      const verdicts = await Promise.all(
        payload.affected.map(async (entry) =>
          (await isSecurityHashRight(payload, entry, affected)) ? undefined : entry.hash,
        ),
      );
      return verdicts.filter((hash) => hash !== undefined);
    },

    async possessionProof({ prover, verifier, digest }: PossessionClaim) {
      const [ours, theirs] = isOurs(prover) ? [prover, verifier] : [verifier, prover];
      const secret = await keyAgreement.sharedSecret(ours, theirs);
      return hmac(sha256, sha3_256(concatBytes(possessionDomain, secret, prover, verifier)), digest);
    },

    status: async () => 'STARTED',
  };

  async function isSecurityHashRight(
    payload: SealedPayload,
    entry: { readonly hash: Uint8Array; readonly securityHash: Uint8Array },
    affected: readonly AffectedPayload[],
  ): Promise<boolean> {
    const found = affected.find(({ hash }) => bytesEqual(hash, entry.hash));
    if (found === undefined) return false;
    return bytesEqual(await securityHash(payload.cipherText, found.payload), entry.securityHash);
  }
}

function openFailed(reason: string): IsoquorumError {
  return new IsoquorumError('OPEN_FAILED', `jnacl could not open the payload using the shared key`, { reason });
}

/** True for "another key may fit": wrong key, no box at that place, or a key that cannot be agreed with. */
export function isOpenFailure(error: unknown): boolean {
  return (
    error instanceof IsoquorumError && ['OPEN_FAILED', 'RECIPIENT_NOT_LISTED', 'KEY_REJECTED'].includes(error.code)
  );
}

/** Which box `key` opens, and against whose key (tessera.md 2.4). @throws RECIPIENT_NOT_LISTED */
function chooseBox(
  payload: SealedPayload,
  key: EnclaveKey,
  isSenderOurs: boolean,
): { readonly index: number; readonly theirs: EnclaveKey } {
  const { recipientKeys, senderKey } = payload;
  const index = indexOfKey(recipientKeys, key);
  const isOldOwnPayload = recipientKeys.length > 0 && indexOfKey(recipientKeys, senderKey) < 0 && isSenderOurs;
  if (payload.privacyFlag !== 3) {
    if (recipientKeys.length === 0) return { index: 0, theirs: senderKey };
    if (isOldOwnPayload && bytesEqual(key, senderKey)) return { index: 0, theirs: recipientKeys[0] as EnclaveKey };
  }
  if (index < 0) {
    throw new IsoquorumError('RECIPIENT_NOT_LISTED', 'recipient not found in listed keys', { key: bytesToBase64(key) });
  }
  return { index, theirs: senderKey };
}
