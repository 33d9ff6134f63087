import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importFile } from '@isoquorum/node/node/import-file';
import type { Bench } from './measurement.ts';

const shared = process.env['ISOQUORUM_SHARED'] ?? new URL('../../../shared', import.meta.url).pathname;

/** `isoquorum import` of the recorded ERC-20 chain into LevelDB, with each engine; the first run is cold. */
export const benchImport: Bench = async function* () {
  const folder = join(shared, 'vectors/bench/erc20-import');
  const genesis = readFileSync(join(folder, 'genesis.json'), 'utf8');
  for (const evm of ['fast', 'reference'] as const) {
    const dataDir = mkdtempSync(join(tmpdir(), 'isoquorum-bench-'));
    try {
      const report = await importFile({ file: join(folder, 'chain.rlp.gz'), genesis, dataDir, rules: 'strict', evm });
      yield {
        name: 'import.erc20',
        value: report.transactionsPerSecond,
        unit: 'tx/s',
        engine: evm,
        megagasPerSecond: report.megagasPerSecond,
      };
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  }
};
