import { describe, expect, it } from 'vitest';
import { minimise } from './minimise.ts';

const numbers = Array.from({ length: 40 }, (_, index) => index);

describe('minimise', () => {
  it('finds the one item that matters', async () => {
    expect(await minimise(numbers, (rest) => rest.includes(17))).toEqual([17]);
  });

  it('finds several items that matter together, far apart', async () => {
    expect(await minimise(numbers, (rest) => [3, 20, 39].every((item) => rest.includes(item)))).toEqual([3, 20, 39]);
  });

  it('leaves nothing when nothing matters', async () => {
    expect(await minimise(numbers, () => true)).toEqual([]);
  });

  it('asks no more often than it may', async () => {
    let asked = 0;
    await minimise(
      numbers,
      (rest) => {
        asked++;
        return rest.length > 30 && rest.includes(5);
      },
      25,
    );
    expect(asked).toBeLessThanOrEqual(25);
  });
});
