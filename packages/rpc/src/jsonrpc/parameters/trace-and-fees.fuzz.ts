import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { ParameterError } from '../errors.ts';
import { base64Bytes } from './base64-bytes.ts';
import type { ParameterCodec } from './codec.ts';
import { readDuration } from './duration.ts';
import { bigOrNumber, percentiles } from './fees.ts';
import { traceCallConfig, traceConfig } from './trace-config.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);

/** Decodes, or is refused as a parameter; and what was decoded is decoded from its own encoding to the same. */
function decodesOrRefuses<Value>(codec: ParameterCodec<Value>, json: unknown): void {
  let value: Value;
  try {
    value = codec.decode(json);
  } catch (error) {
    if (!(error instanceof ParameterError)) throw error;
    return;
  }
  expect(codec.decode(JSON.parse(JSON.stringify(codec.encode(value))))).toEqual(value);
}

const traceLike = fc.dictionary(
  fc.constantFrom(
    'tracer',
    'timeout',
    'reexec',
    'disableMemory',
    'DisableStack',
    'disablestorage',
    'limit',
    'debug',
    'x',
  ),
  fc.oneof(fc.jsonValue(), fc.boolean(), fc.nat(), fc.constantFrom('callTracer', '5s', '', '{step: 1}')),
);

describe('parameters from outside', () => {
  test.prop([fc.oneof(fc.jsonValue(), traceLike)], { numRuns })('trace options', (json) => {
    decodesOrRefuses(traceConfig, json);
    decodesOrRefuses(traceCallConfig, json);
  });

  test.prop([fc.oneof(fc.jsonValue(), fc.base64String(), fc.string())], { numRuns })('base64 bytes', (json) => {
    decodesOrRefuses(base64Bytes, json);
  });

  const ascending = fc
    .array(fc.double({ min: -0, max: 100, noNaN: true }))
    .map((list) => list.toSorted((one, other) => one - other));
  test.prop([fc.oneof(fc.jsonValue(), fc.array(fc.double()), ascending)], { numRuns })(
    'percentages and counts',
    (json) => {
      decodesOrRefuses(percentiles, json);
      decodesOrRefuses(bigOrNumber, json);
    },
  );

  test.prop(
    [
      fc.oneof(
        fc.string(),
        fc.array(fc.constantFrom('1', '.', '5', 's', 'ms', 'µs', 'h', '-', '+', ' '), { maxLength: 9 }),
      ),
    ],
    { numRuns },
  )('durations', (parts) => {
    const text = Array.isArray(parts) ? parts.join('') : parts;
    try {
      expect(Number.isFinite(readDuration(text))).toBe(true);
    } catch (error) {
      if (!(error instanceof ParameterError)) throw error;
    }
  });

  test('durations as Go reads them', () => {
    expect(['5s', '1m30s', '500ms', '1.5h', '-2s', '0', '.5s'].map(readDuration)).toEqual([
      5000, 90_000, 500, 5_400_000, -2000, 0, 500,
    ]);
    expect(() => readDuration('5')).toThrow('time: missing unit in duration "5"');
    expect(() => readDuration('x')).toThrow('time: invalid duration "x"');
    expect(() => readDuration('5 s')).toThrow('time: unknown unit " s" in duration "5 s"');
  });
});
