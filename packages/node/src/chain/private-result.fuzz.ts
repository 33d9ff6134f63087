import { isIsoquorumError } from '@isoquorum/primitives/errors';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodePrivateResult, encodePrivateResult } from './private-result.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 200);
const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const receipt = fc.record({
  status: fc.constantFrom(0 as const, 1 as const),
  cumulativeGasUsed: fc.bigInt({ min: 0n, max: 2n ** 63n }),
  logs: fc.array(
    fc.record({ address: bytes(20), topics: fc.array(bytes(32), { maxLength: 4 }), data: fc.uint8Array() }),
    { maxLength: 3 },
  ),
});

it('reads what it wrote', () => {
  fc.assert(
    fc.property(bytes(32), bytes(256), fc.array(receipt, { maxLength: 4 }), (root, bloom, found) => {
      const receipts = found.map((one) => ({ ...one, postState: undefined }));
      const indexes = receipts.map((_, index) => index * 3);
      const hasLogs = receipts.some(({ logs }) => logs.length > 0);
      const read = decodePrivateResult(encodePrivateResult({ root, bloom, indexes, receipts }));
      expect({ ...read, receipts: [...read.receipts] }).toEqual({
        root,
        bloom: hasLogs ? bloom : new Uint8Array(0),
        indexes,
        receipts,
      });
    }),
    { numRuns },
  );
});

it('refuses other bytes with a code', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (input) => {
      try {
        decodePrivateResult(input);
      } catch (error) {
        if (!isIsoquorumError(error)) throw error;
        expect(error.code).toMatch(/^(RLP_|RECEIPT_)/);
      }
    }),
    { numRuns },
  );
});
