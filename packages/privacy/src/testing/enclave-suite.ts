import { describe, expect, test } from 'vitest';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { createMemoryKeyAgreement } from '@isoquorum/platform/memory/key-agreement';
import { createSeededRandom } from '@isoquorum/platform/memory/random';
import { payloadHash } from '../codec/payload-hash.ts';
import { standardPrivate } from '../codec/payload.ts';
import { payloadForRecipient } from '../codec/recipient.ts';
import { createEnclave } from '../enclave/create-enclave.ts';
import type { Enclave } from '../enclave/enclave.ts';

const message = utf8ToBytes('a private message');
const standard = { ...standardPrivate, affected: [] };

/** Another enclave in memory, for the other end. */
export function createPeerEnclave(seed: number): { readonly enclave: Enclave; readonly key: EnclaveKey } {
  const keyAgreement = createMemoryKeyAgreement([new Uint8Array(32).fill(seed)]);
  const key = keyAgreement.publicKeys()[0] as EnclaveKey;
  return { enclave: createEnclave({ keyAgreement, random: createSeededRandom(seed) }), key };
}

/** What every enclave does. `create` makes one with at least one key; `close` frees it. */
export function testEnclave(
  name: string,
  create: () => Promise<{ readonly enclave: Enclave; close(): Promise<void> }>,
): void {
  describe(`Enclave: ${name}`, () => {
    const run = async (body: (enclave: Enclave, own: EnclaveKey) => Promise<void>): Promise<void> => {
      const made = await create();
      const { enclave } = made;
      try {
        await body(enclave, (await enclave.publicKeys())[0] as EnclaveKey);
      } finally {
        await made.close();
      }
    };

    test('the recipient opens what it sealed, and it opens what it gets and what it sent', () =>
      run(async (enclave, own) => {
        const peer = createPeerEnclave(3);
        const sent = await enclave.seal(message, own, [peer.key, own], standard);
        expect(await peer.enclave.open(payloadForRecipient(sent, peer.key), peer.key)).toEqual(message);
        expect(await enclave.open(sent, own)).toEqual(message);
        const received = await peer.enclave.seal(message, peer.key, [own, peer.key], standard);
        expect(await enclave.open(payloadForRecipient(received, own), own)).toEqual(message);
      }));

    test('shape: easy-form lengths, fresh keys and nonces each time', () =>
      run(async (enclave, own) => {
        const first = await enclave.seal(message, own, [own], standard);
        const second = await enclave.seal(message, own, [own], standard);
        expect(first.cipherText).toHaveLength(message.length + 16);
        expect(first.cipherTextNonce).toHaveLength(24);
        expect(first.recipientNonce).toHaveLength(24);
        expect(first.recipientBoxes[0]).toHaveLength(48);
        expect(first.senderKey).toEqual(own);
        expect(payloadHash(first)).not.toEqual(payloadHash(second));
        expect(first.recipientNonce).not.toEqual(first.cipherTextNonce);
      }));

    test('empty and large messages', () =>
      run(async (enclave, own) => {
        for (const size of [0, 1, 100_000]) {
          const sealed = await enclave.seal(new Uint8Array(size).fill(7), own, [own], standard);
          expect(await enclave.open(sealed, own)).toEqual(new Uint8Array(size).fill(7));
        }
      }));

    test('a raw payload keeps its hash when it is distributed', () =>
      run(async (enclave, own) => {
        const peer = createPeerEnclave(4);
        const raw = await enclave.sealRaw(message, own);
        expect(await enclave.openRaw(raw)).toEqual(message);
        const sealed = await enclave.sealFromRaw(raw, [peer.key, own], standard);
        expect(payloadHash(sealed)).toEqual(payloadHash({ cipherText: raw.encryptedPayload }));
        expect(await peer.enclave.open(payloadForRecipient(sealed, peer.key), peer.key)).toEqual(message);
      }));

    test('a new box lets another party in, under the same nonce', () =>
      run(async (enclave, own) => {
        const peer = createPeerEnclave(5);
        const sealed = await enclave.seal(message, own, [own], standard);
        const box = await enclave.createRecipientBox(sealed, peer.key);
        const extended = { ...sealed, recipientBoxes: [box], recipientKeys: [peer.key] };
        expect(await peer.enclave.open(extended, peer.key)).toEqual(message);
      }));

    test('security hashes are right for a party and noticed when wrong or missing', () =>
      run(async (enclave, own) => {
        const peer = createPeerEnclave(6);
        const affected = await enclave.seal(message, own, [peer.key, own], { ...standard, privacyFlag: 1 });
        const hash = payloadHash(affected);
        const next = await enclave.seal(message, own, [peer.key, own], {
          ...standard,
          privacyFlag: 1,
          affected: [{ hash, payload: affected }],
        });
        expect(next.affected[0]?.securityHash).toHaveLength(64);
        expect(await enclave.findInvalidSecurityHashes(next, [{ hash, payload: affected }])).toEqual([]);
        const theirs = payloadForRecipient(affected, peer.key);
        expect(await peer.enclave.findInvalidSecurityHashes(next, [{ hash, payload: theirs }])).toEqual([]);
        expect(await enclave.findInvalidSecurityHashes(next, [])).toEqual([hash]);
        const forged = { ...next, affected: [{ hash, securityHash: new Uint8Array(64) }] };
        expect(await enclave.findInvalidSecurityHashes(forged, [{ hash, payload: affected }])).toEqual([hash]);
      }));

    test('possession: both ends compute one proof; another digest, direction or key gives another', () =>
      run(async (enclave, own) => {
        const peer = createPeerEnclave(7);
        const digest = new Uint8Array(32).fill(1);
        const claim = { prover: own, verifier: peer.key, digest };
        const proof = await enclave.possessionProof(claim);
        expect(proof).toHaveLength(32);
        expect(await peer.enclave.possessionProof(claim)).toEqual(proof);
        expect(await peer.enclave.possessionProof({ ...claim, digest: new Uint8Array(32) })).not.toEqual(proof);
        expect(await peer.enclave.possessionProof({ ...claim, prover: peer.key, verifier: own })).not.toEqual(proof);
      }));

    test('refusals: altered bytes, a key that is not listed, a key that is not held, a low-order recipient', () =>
      run(async (enclave, own) => {
        const peer = createPeerEnclave(8);
        const sealed = await enclave.seal(message, own, [own], standard);
        const altered = {
          ...sealed,
          cipherText: sealed.cipherText.map((byte, index) => (index === 20 ? byte ^ 1 : byte)),
        };
        await expect(enclave.open(altered, own)).rejects.toMatchObject({ code: 'OPEN_FAILED' });
        await expect(enclave.open({ ...sealed, recipientNonce: new Uint8Array(3) }, own)).rejects.toMatchObject({
          code: 'OPEN_FAILED',
        });
        await expect(enclave.open(sealed, peer.key)).rejects.toMatchObject({
          code: 'RECIPIENT_NOT_LISTED',
          message: 'recipient not found in listed keys',
        });
        await expect(enclave.seal(message, peer.key, [own], standard)).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
        await expect(enclave.seal(message, own, [new Uint8Array(32)], standard)).rejects.toMatchObject({
          code: 'KEY_REJECTED',
        });
        await expect(enclave.createRecipientBox({ ...sealed, recipientKeys: [] }, own)).rejects.toMatchObject({
          code: 'NO_BOX',
        });
        await expect(enclave.seal(message, own, [own], { ...standard, privacyFlag: 3 })).rejects.toMatchObject({
          code: 'EXEC_HASH_INVALID',
        });
      }));

    test('status', () => run(async (enclave) => expect(await enclave.status()).toBe('STARTED')));
  });
}
