import { describe, expect, test } from 'vitest';
import { vectorsFolder, vectorsMissing } from '@isoquorum/privacy/testing/vectors';
import { type ReplayResult, replayExchanges } from './testing/replay/replay.ts';

describe.skipIf(vectorsMissing !== undefined)(
  `recorded HTTP scenarios of Tessera 1.0.0 ${vectorsMissing ?? ''}`,
  () => {
    test('every exchange is answered as recorded, or differs by design', async () => {
      const results: ReplayResult[] = [];
      for await (const result of replayExchanges(vectorsFolder)) results.push(result);
      expect(results.filter(({ status }) => status === 'failed')).toEqual([]);
      const passed = results.filter(({ status }) => status === 'passed').length;
      expect(passed).toBeGreaterThan(results.length * 0.9);
    });
  },
);
