import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sharedPath } from '@isoquorum/execution/testing/shared-data';
import { describe, expect, it } from 'vitest';
import type { CaseResult } from './case-result.ts';
import { chainSuite } from './chain.ts';

const chains = sharedPath('vectors/chains');
/** A few chains of each kind, in seconds; all of them by `npm run conformance -- chain`. */
const SOME = ['clique-private', 'qbft-berlin', 'qbft-mps-gas', 'qbft-subscriptions', 'raft-permissions-v2'];

describe.skipIf(!existsSync(chains))('recorded chains and what was read from them (needs ../shared)', () => {
  for (const chain of SOME) {
    it.skipIf(!existsSync(join(chains, chain)))(`${chain} answers as recorded`, async () => {
      const results: CaseResult[] = [];
      for await (const result of chainSuite(join(chains, chain), {})) results.push(result);
      const failures = results.flatMap((one) => (one.status === 'failed' ? [`${one.name}: ${one.reason}`] : []));
      expect(failures).toEqual([]);
      expect(results.filter(({ status }) => status === 'passed').length).toBeGreaterThan(300);
    });
  }
});
