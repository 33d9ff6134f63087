import { bytesToHex } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { expect, it } from 'vitest';
import { sortedObject } from './sorted-object.ts';

function take<Result>(walk: Generator<undefined, Result>): { result: Result; steps: number } {
  for (let steps = 0; ; steps++) {
    const next = walk.next();
    if (next.done === true) return { result: next.value, steps };
  }
}

it.each([0, 1, 2, 499, 500, 501, 1_500, 4_321])('%i members come in the order of their names', (count) => {
  const members = Array.from({ length: count }, (_, index): [string, number] => [
    bytesToHex(keccak256(Uint8Array.of(index >> 8, index & 255))),
    index,
  ]);
  const { result, steps } = take(sortedObject(members));
  expect(Object.entries(result)).toEqual(members.toSorted(([left], [right]) => (left < right ? -1 : 1)));
  // Every member is sorted in its share and set once, at the least.
  expect(steps).toBeGreaterThanOrEqual(2 * Math.floor(count / 500));
});
