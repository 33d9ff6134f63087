import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { BloomSection, decodeRow, encodeRow, placesOf, SECTION_BLOCKS } from './section.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 200);

test.prop([fc.uint8Array({ maxLength: 600 })], { numRuns })(
  'any bytes are a row or are refused with our code',
  (bytes) => {
    try {
      const row = decodeRow(bytes);
      for (const place of placesOf(row)) expect(place).toBeLessThan(SECTION_BLOCKS);
    } catch (error) {
      if (!isIsoquorumError(error, 'BLOOM_ROW_INVALID')) throw error;
    }
  },
);

test.prop([fc.array(fc.tuple(fc.nat(SECTION_BLOCKS - 1), fc.nat(2047)), { maxLength: 2000 })], {
  numRuns: Math.min(numRuns, 1000),
})('rows come back as they were stored', (marks) => {
  const section = new BloomSection();
  const expected = new Map<number, Set<number>>();
  for (const [place, bit] of marks) {
    const bloom = new Uint8Array(256);
    bloom[255 - (bit >> 3)] = 1 << (bit & 7);
    section.add(place, bloom);
    expected.set(bit, (expected.get(bit) ?? new Set()).add(place));
  }
  expect(section.rows.size).toBe(expected.size);
  for (const [bit, row] of section.rows) {
    const back = decodeRow(encodeRow(row));
    expect([...placesOf(back)]).toEqual([...(expected.get(bit) ?? [])].toSorted((left, right) => left - right));
  }
});
