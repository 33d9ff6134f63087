import { fc, test } from '@fast-check/vitest';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { concatBytes } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { expect } from 'vitest';
import { decodeValidators } from './validator-contract.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);
const address = fc.uint8Array({ minLength: 20, maxLength: 20 });
const word = (value: bigint): Uint8Array => bigintToFixedBytes(value, 32);
const encode = (list: readonly Uint8Array[]): Uint8Array =>
  concatBytes(word(32n), word(BigInt(list.length)), ...list.map((one) => concatBytes(new Uint8Array(12), one)));

test.prop([fc.array(address, { maxLength: 30 })], { numRuns })('a list of addresses is read as written', (list) => {
  expect(decodeValidators(1, encode(list))).toEqual(list);
});

test.prop([fc.uint8Array({ maxLength: 300 })], { numRuns })('any answer is a list or refused with a code', (output) => {
  try {
    decodeValidators(1, output);
  } catch (error) {
    if (!isIsoquorumError(error)) throw error;
    expect(error.code).toBe('VALIDATOR_CONTRACT_FAILED');
  }
});

test.prop([fc.array(address, { minLength: 1, maxLength: 5 }), fc.nat(300), fc.nat(255)], { numRuns })(
  'a changed answer is a list or refused with a code',
  (list, at, byte) => {
    const output = encode(list);
    output[at % output.length] = byte;
    try {
      decodeValidators(1, output.subarray(0, output.length - (byte % 3)));
    } catch (error) {
      if (!isIsoquorumError(error)) throw error;
      expect(error.code).toBe('VALIDATOR_CONTRACT_FAILED');
    }
  },
);
