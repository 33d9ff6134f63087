import { join } from 'node:path';
import { createMemoryKeyAgreement } from '@isoquorum/platform/memory/key-agreement';
import { base64ToBytes, bytesToBase64 } from '@isoquorum/primitives/base64';
import { bareHexToBytes, bytesToBareHex } from '@isoquorum/primitives/hex';
import { decodeLegacyPayload, encodeLegacyPayload } from '@isoquorum/privacy/codec/legacy';
import { standardPrivate } from '@isoquorum/privacy/codec/payload';
import { payloadHash } from '@isoquorum/privacy/codec/payload-hash';
import { payloadForRecipient } from '@isoquorum/privacy/codec/recipient';
import { createEnclave } from '@isoquorum/privacy/enclave/create-enclave';
import { boxKey } from '@isoquorum/privacy/enclave/nacl';
import { CaseFailure, expectEqual } from './check.ts';
import { readOptionalJson } from './files.ts';
import type { TesseraCase } from './tessera-case.ts';

interface Party {
  readonly name: string;
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
  readonly storedByRecipients: readonly { readonly blobHex?: string }[];
}

function partyOf(value: PayloadCase, matches: (party: Party) => boolean): Party {
  const party = [value.sender, ...value.to].find(matches);
  if (party === undefined) throw new CaseFailure('the recording names a party that it does not describe');
  return party;
}

/** Every recorded blob decodes, encodes, has its hash, and opens with each party's key. */
async function checkOpening(value: PayloadCase): Promise<void> {
  const { storedBySender, encrypted, pushed, storedByRecipients } = value;
  for (const { blobHex } of [storedBySender ?? {}, encrypted ?? {}, ...pushed, ...storedByRecipients] as readonly {
    blobHex?: string;
  }[]) {
    if (blobHex === undefined) continue;
    const payload = decodeLegacyPayload(bareHexToBytes(blobHex));
    expectEqual(bytesToBareHex(encodeLegacyPayload(payload)), blobHex, 'the encoding');
    expectEqual(bytesToBase64(payloadHash(payload)), value.hashBase64, 'the hash');
    for (const key of payload.recipientKeys) {
      const party = partyOf(value, ({ publicKey }) => publicKey === bytesToBase64(key));
      const keyAgreement = createMemoryKeyAgreement([base64ToBytes(party.privateKey)]);
      const enclave = createEnclave({ keyAgreement, random: { bytes: (length) => new Uint8Array(length) } });
      expectEqual(
        bytesToBareHex(await enclave.open(payload, key)),
        value.plaintextHex,
        `the plaintext for ${party.name}`,
      );
    }
  }
}

/** With the recorded master key and nonces, sealing gives the recorded bytes, also those for each recipient. */
async function checkSealing(value: PayloadCase): Promise<void> {
  const keyAgreement = createMemoryKeyAgreement([base64ToBytes(value.sender.privateKey)]);
  const sender = base64ToBytes(value.sender.publicKey);
  for (const { recipient, sharedKeyHex } of value.derived.sharedKeys) {
    const { publicKey } = partyOf(value, ({ name }) => name === recipient);
    const secret = await keyAgreement.sharedSecret(sender, base64ToBytes(publicKey));
    expectEqual(bytesToBareHex(boxKey(secret)), sharedKeyHex, `the shared key with ${recipient}`);
  }
  const script = [value.derived.masterKeyHex, value.fields.cipherTextNonceHex, value.fields.recipientNonceHex].map(
    (text) => bareHexToBytes(text),
  );
  const bytes = (length: number): Uint8Array => {
    const next = script.shift();
    if (next?.length !== length)
      throw new CaseFailure(`sealing asked for ${length} random bytes, not ${next?.length ?? 'none'}`);
    return next;
  };
  const recipients = value.fields.recipientKeys.map((key) => base64ToBytes(key));
  const enclave = createEnclave({ keyAgreement, random: { bytes } });
  const sealed = await enclave.seal(bareHexToBytes(value.plaintextHex), sender, recipients, {
    ...standardPrivate,
    affected: [],
  });
  const recorded = (value.storedBySender ?? value.encrypted)?.blobHex;
  if (recorded !== undefined) expectEqual(bytesToBareHex(encodeLegacyPayload(sealed)), recorded, 'the sealed payload');
  for (const { recipient, answer, blobHex } of value.pushed) {
    const { publicKey } = partyOf(value, ({ name }) => name === recipient);
    const stripped = payloadForRecipient(sealed, base64ToBytes(publicKey));
    expectEqual(bytesToBareHex(encodeLegacyPayload(stripped)), blobHex, `the payload for ${recipient}`);
    expectEqual(answer, bytesToBase64(payloadHash(sealed)), 'the answer to its push');
  }
}

/** `payloads.json.gz`: two cases for each payload. */
export function* payloadCases(path: string): Generator<TesseraCase> {
  const file = readOptionalJson<{ readonly cases: readonly PayloadCase[] }>(join(path, 'payloads.json.gz'));
  for (const value of file?.cases ?? []) {
    yield { name: `payload ${value.id} opening`, run: () => checkOpening(value) };
    yield { name: `payload ${value.id} sealing`, run: () => checkSealing(value) };
  }
}
