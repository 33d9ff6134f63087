import { isIsoquorumError } from '@isoquorum/primitives/errors';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRecordedPayloads } from './recorded-payloads.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 200);
const digest = `0x${'ab'.repeat(64)}`;

it('takes what is recorded, and refuses everything else naming the entry', async () => {
  const source = createRecordedPayloads({ [digest]: { payload: 'AQI=', privacyFlag: 0 } });
  expect(await source.receive(new Uint8Array(64).fill(0xab))).toEqual({
    payload: Uint8Array.of(1, 2),
    privacyFlag: 0,
    affectedContractTransactions: [],
    execHash: '',
    managedParties: [],
  });
  expect(await source.receive(new Uint8Array(64))).toBeUndefined();
  fc.assert(
    fc.property(fc.jsonValue(), fc.oneof(fc.constant(digest), fc.string()), fc.jsonValue(), (json, key, answer) => {
      for (const input of [
        json,
        { [key]: answer },
        { [digest]: { payload: answer } },
        { [digest]: { payload: 'AQI=', affectedContractTransactions: answer } },
      ]) {
        try {
          createRecordedPayloads(input);
        } catch (error) {
          expect(isIsoquorumError(error, 'PAYLOADS_INVALID')).toBe(true);
        }
      }
    }),
    { numRuns },
  );
});
