import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sharedPath } from '@isoquorum/execution/testing/shared-data';
import { describe, expect, it } from 'vitest';
import type { CaseResult, SuiteOptions } from './case-result.ts';
import { chainSuite } from './chain.ts';

const chains = sharedPath('vectors/chains');
/** A few chains of each kind, in seconds; all of them by `npm run conformance -- chain`. */
const SOME = ['clique-private', 'qbft-berlin', 'qbft-mps-gas', 'qbft-subscriptions', 'raft-permissions-v2'];

async function run(chain: string, options: SuiteOptions): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for await (const result of chainSuite(join(chains, chain), options)) results.push(result);
  return results;
}

function failures(results: readonly CaseResult[]): readonly string[] {
  return results.flatMap((one) => (one.status === 'failed' ? [`${one.name}: ${one.reason}`] : []));
}

describe.skipIf(!existsSync(chains))('recorded chains and what was read from them (needs ../shared)', () => {
  for (const chain of SOME) {
    it(`${chain} answers as recorded`, async () => {
      const results = await run(chain, {});
      expect(failures(results)).toEqual([]);
      expect(results.filter(({ status }) => status === 'passed').length).toBeGreaterThan(300);
    });
  }

  // The chain whose traces differ most: Berlin charges for what a message looks at for the first time.
  it('a node under strict rules answers as recorded, but for the gas of traces', async () => {
    const results = await run('qbft-berlin', { rules: 'strict', only: 'node 1 ' });
    expect(failures(results)).toEqual([]);
    const traced = results.filter((one) => one.status === 'skipped' && one.compatibilityCode === 'TRACED_AS_RUN');
    expect(traced.length).toBeGreaterThan(0);
    expect(traced.every(({ name }) => name.includes('debug_trace'))).toBe(true);
    expect(results.filter(({ status }) => status === 'passed').length).toBeGreaterThan(300);
  });
});
