import { expect, test } from 'vitest';
import type { ParameterCodec } from './codec.ts';
import { bigOrNumber, percentiles } from './fees.ts';
import { int, uint16, uint64 } from './scalars.ts';
import { traceConfig } from './trace-config.ts';
import { privateTransactionArguments, sendTransactionArguments } from './transaction-args.ts';

const negativeZero: unknown = JSON.parse('-0');

test('a percentage that is not a number is refused', () => {
  expect(() => percentiles.decode([Number.NaN])).toThrow('invalid reward percentile: NaN');
});

test('JSON’s negative zero is zero, wherever a number may stand', () => {
  for (const codec of [int, uint16, uint64, bigOrNumber]) expect(codec.decode(negativeZero)).toBe(0);
  expect(percentiles.decode([negativeZero, 0, negativeZero])).toEqual([0, 0, 0]);
  expect(traceConfig.decode({ limit: negativeZero, reexec: negativeZero })).toEqual({ Limit: 0, reexec: 0 });
  for (const codec of [sendTransactionArguments, privateTransactionArguments] as ParameterCodec<object>[])
    expect(codec.decode({ from: `0x${'11'.repeat(20)}`, privacyFlag: negativeZero })).toMatchObject({ privacyFlag: 0 });
});
