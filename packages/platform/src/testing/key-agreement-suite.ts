import { x25519 } from '@noble/curves/ed25519.js';
import { describe, expect, test } from 'vitest';
import type { KeyAgreement } from '../key-agreement.ts';

/** What every {@link KeyAgreement} does. `create` makes one with at least one key of its own. */
export function testKeyAgreement(name: string, create: () => Promise<KeyAgreement>): void {
  describe(`KeyAgreement: ${name}`, () => {
    test('agrees with an independent X25519 on the same secret', async () => {
      const agreement = await create();
      const ours = agreement.publicKeys()[0]!;
      for (let index = 0; index < 5; index++) {
        const other = x25519.keygen(new Uint8Array(32).fill(index + 1));
        expect(await agreement.sharedSecret(ours, other.publicKey)).toEqual(
          x25519.getSharedSecret(other.secretKey, ours),
        );
      }
    });

    test('agrees with itself (a sender boxes for itself)', async () => {
      const agreement = await create();
      const ours = agreement.publicKeys()[0]!;
      const secret = await agreement.sharedSecret(ours, ours);
      expect(secret).toHaveLength(32);
      expect(await agreement.sharedSecret(ours, ours)).toEqual(secret);
    });

    test('every key has 32 bytes and the list keeps its order', async () => {
      const agreement = await create();
      const keys = agreement.publicKeys();
      expect(keys.length).toBeGreaterThan(0);
      for (const key of keys) expect(key).toHaveLength(32);
      expect(agreement.publicKeys()).toEqual(keys);
    });

    test('a key that is not held: KEY_NOT_FOUND with its name', async () => {
      const agreement = await create();
      const stranger = x25519.keygen(new Uint8Array(32).fill(77)).publicKey;
      await expect(agreement.sharedSecret(stranger, agreement.publicKeys()[0]!)).rejects.toMatchObject({
        code: 'KEY_NOT_FOUND',
        message: expect.stringMatching(/^Public key .{44} not found when searching for private key$/),
      });
    });

    test('low-order and malformed keys: KEY_REJECTED', async () => {
      const agreement = await create();
      const ours = agreement.publicKeys()[0]!;
      const one = new Uint8Array(32);
      one[0] = 1;
      for (const theirs of [new Uint8Array(32), one, new Uint8Array(31), new Uint8Array(33), new Uint8Array(0)]) {
        await expect(agreement.sharedSecret(ours, theirs)).rejects.toMatchObject({ code: 'KEY_REJECTED' });
      }
    });
  });
}
