import { logsBloom } from '@isoquorum/primitives/bloom';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodePrivateResult, encodePrivateResult, innerName } from './private-result.ts';

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

const hash = bytes(32).filter((value) => value.some((byte) => byte !== 0));
const extraRoots = fc.oneof(fc.constant(emptyTrieRoot), hash);
const address = fc.option(
  bytes(20).filter((value) => value.some((byte) => byte !== 0)),
  { nil: undefined },
);

it('reads what it wrote', () => {
  fc.assert(
    fc.property(
      bytes(32),
      bytes(256),
      fc.array(fc.tuple(receipt, fc.boolean(), hash, address), { maxLength: 4 }),
      extraRoots,
      (root, bloom, found, extraRoot) => {
        const receipts = found.map(([one, isInner, transactionHash, contractAddress], index) => ({
          index: index * 3,
          isInner,
          receipt: {
            ...one,
            type: 0 as const,
            postState: undefined,
            gasUsed: 0n,
            logsBloom: logsBloom(one.logs),
            transactionHash,
            contractAddress,
          },
        }));
        const read = decodePrivateResult(encodePrivateResult({ root, extraRoot, bloom, receipts }));
        const hasLogs = found.some(([{ logs }]) => logs.length > 0);
        expect({ ...read, receipts: read.receipts.length }).toEqual({
          root,
          extraRoot,
          bloom: hasLogs ? bloom : new Uint8Array(0),
          indexes: receipts.map(({ index }) => index),
          receipts: receipts.length,
        });
        for (const [position, { isInner, receipt: one }] of receipts.entries()) {
          const stored = read.receipts[position]!;
          const { status, postState, cumulativeGasUsed, logs } = one;
          const expected = { status, postState, cumulativeGasUsed, logs };
          if (!isInner) expect(stored).toEqual(expected);
          else {
            const { transactionHash, contractAddress } = one;
            expect(stored.privateReceipts!.get(innerName)).toEqual({ ...expected, transactionHash, contractAddress });
          }
        }
      },
    ),
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
        expect(error.code).toMatch(/^(RLP_|RECEIPT_|UTF8_)/);
      }
    }),
    { numRuns },
  );
});
