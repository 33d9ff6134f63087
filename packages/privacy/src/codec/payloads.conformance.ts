import { describe, expect, test } from 'vitest';
import { base64ToBytes, bytesToBase64 } from '@isoquorum/primitives/base64';
import { bareHexToBytes, bytesToBareHex } from '@isoquorum/primitives/hex';
import { createMemoryKeyAgreement } from '@isoquorum/platform/memory/key-agreement';
import { createEnclave } from '../enclave/create-enclave.ts';
import { boxKey } from '../enclave/nacl.ts';
import { readVector, vectorsMissing } from '../testing/vectors.ts';
import { decodeLegacyPayload, encodeLegacyPayload } from './legacy.ts';
import { payloadHash } from './payload-hash.ts';
import { standardPrivate } from './payload.ts';
import { payloadForRecipient } from './recipient.ts';

interface Party {
  readonly name: string;
  readonly node: string;
  readonly publicKey: string;
  readonly privateKey: string;
}

interface PayloadCase {
  readonly id: string;
  readonly sender: Party;
  readonly to: readonly Party[];
  readonly plaintextHex: string;
  readonly hashBase64: string;
  readonly fields: {
    readonly cipherTextNonceHex: string;
    readonly recipientNonceHex: string;
    readonly recipientKeys: readonly string[];
  };
  readonly derived: {
    readonly masterKeyHex: string;
    readonly sharedKeys: readonly { readonly recipient: string; readonly sharedKeyHex: string }[];
  };
  readonly storedBySender?: { readonly blobHex: string };
  readonly encrypted?: { readonly blobHex: string };
  readonly pushed: readonly { readonly recipient: string; readonly answer: string; readonly blobHex: string }[];
  readonly storedByRecipients: readonly { readonly node: string; readonly blobHex?: string }[];
}

describe.skipIf(vectorsMissing !== undefined)(`recorded payloads of Tessera 1.0.0 ${vectorsMissing ?? ''}`, () => {
  const cases = vectorsMissing === undefined ? readVector<{ cases: PayloadCase[] }>('payloads.json.gz').cases : [];

  test.each(cases.map((value) => [value.id, value] as const))('%s', async (_id, value) => {
    const plaintext = bareHexToBytes(value.plaintextHex);
    const parties = new Map([value.sender, ...value.to].map((party) => [party.publicKey, party]));
    const blobs = [
      value.storedBySender?.blobHex,
      value.encrypted?.blobHex,
      ...value.pushed.map(({ blobHex }) => blobHex),
      ...value.storedByRecipients.map(({ blobHex }) => blobHex),
    ];

    for (const blob of blobs.filter((blob) => blob !== undefined)) {
      const payload = decodeLegacyPayload(bareHexToBytes(blob));
      expect(bytesToBareHex(encodeLegacyPayload(payload))).toBe(blob);
      expect(bytesToBase64(payloadHash(payload))).toBe(value.hashBase64);
      for (const key of payload.recipientKeys) {
        const party = parties.get(bytesToBase64(key));
        if (party === undefined) continue;
        const enclave = createEnclave({
          keyAgreement: createMemoryKeyAgreement([base64ToBytes(party.privateKey)]),
          random: { bytes: () => new Uint8Array(0) },
        });
        expect(await enclave.open(payload, key)).toEqual(plaintext);
      }
    }

    const script = [value.derived.masterKeyHex, value.fields.cipherTextNonceHex, value.fields.recipientNonceHex].map(
      (text) => bareHexToBytes(text),
    );
    const keyAgreement = createMemoryKeyAgreement([base64ToBytes(value.sender.privateKey)]);
    const sender = keyAgreement.publicKeys()[0]!;
    for (const { recipient, sharedKeyHex } of value.derived.sharedKeys) {
      const party = [value.sender, ...value.to].find(({ name }) => name === recipient)!;
      expect(bytesToBareHex(boxKey(await keyAgreement.sharedSecret(sender, base64ToBytes(party.publicKey))))).toBe(
        sharedKeyHex,
      );
    }
    const random = {
      bytes: (length: number) => {
        const next = script.shift()!;
        expect(next).toHaveLength(length);
        return next;
      },
    };
    const recipients = value.fields.recipientKeys.map((key) => base64ToBytes(key));
    const sealed = await createEnclave({ keyAgreement, random }).seal(plaintext, sender, recipients, {
      ...standardPrivate,
      affected: [],
    });
    expect(bytesToBareHex(encodeLegacyPayload(sealed))).toBe((value.storedBySender ?? value.encrypted)!.blobHex);
    for (const { recipient, answer, blobHex } of value.pushed) {
      const key = base64ToBytes(value.to.find(({ name }) => name === recipient)!.publicKey);
      expect(bytesToBareHex(encodeLegacyPayload(payloadForRecipient(sealed, key)))).toBe(blobHex);
      expect(answer).toBe(value.hashBase64);
    }
  });
});
