import fc from 'fast-check';
import { expect, test } from 'vitest';
import { base64ToBytes } from '@isoquorum/primitives/base64';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { formatUnlockedKey, openKeyFile } from './key-file.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 200);

test('mutated files give our errors only, and never the key', async () => {
  const secret = 'ELxXGzC9m23o2qpvjgvPaer4p8US+a4jPrKsqlL1+pQ=';
  const text = formatUnlockedKey(base64ToBytes(secret));
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length - 1), fc.string({ maxLength: 3 }), async (at, insert) => {
      try {
        await openKeyFile(text.slice(0, at) + insert + text.slice(at + 1), undefined);
      } catch (error) {
        if (!(error instanceof IsoquorumError)) throw error;
        expect(error.message).not.toContain(secret.slice(0, 20));
      }
    }),
    { numRuns },
  );
});
