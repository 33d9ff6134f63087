import { describe, expect, test } from 'vitest';
import { createSeededRandom } from '../testing/random.ts';
import { committedIndex, majorityCommittedIndex, voteResult } from './quorum.ts';

/** The greatest index that more than half have, by trying every one. */
function naiveCommitted(voters: readonly number[], acked: ReadonlyMap<number, number>): number {
  if (voters.length === 0) return Number.POSITIVE_INFINITY;
  let best = 0;
  for (const index of acked.values()) {
    const count = voters.filter((id) => (acked.get(id) ?? 0) >= index).length;
    if (2 * count > voters.length) best = Math.max(best, index);
  }
  return best;
}

describe('quorums', () => {
  test('50,000 random configurations commit what counting by hand commits', () => {
    const random = createSeededRandom(1);
    for (let run = 0; run < 50_000; run++) {
      const pick = (): number[] => [...new Set(Array.from({ length: random.below(8) }, () => 1 + random.below(9)))];
      const incoming = pick();
      const outgoing = pick();
      const acked = new Map<number, number>();
      for (const id of [...incoming, ...outgoing]) if (random.chance(80)) acked.set(id, 1 + random.below(10));
      const of = (id: number): number | undefined => acked.get(id);
      expect(majorityCommittedIndex(new Set(incoming), of)).toBe(naiveCommitted(incoming, acked));
      const voters = { incoming: new Set(incoming), outgoing: new Set(outgoing) };
      const expected = Math.min(naiveCommitted(incoming, acked), naiveCommitted(outgoing, acked));
      expect(committedIndex(voters, of)).toBe(expected);
      const swapped = { incoming: voters.outgoing, outgoing: voters.incoming };
      expect(committedIndex(swapped, of)).toBe(expected);
      const votes = new Map([...acked].map(([id, index]) => [id, index > 5]));
      expect(voteResult(swapped, votes)).toBe(voteResult(voters, votes));
    }
  });
});
