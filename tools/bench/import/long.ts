import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import type { Bench } from '../measurement.ts';
import { generateChain } from './generate-chain.ts';
import { runImport } from './run-import.ts';

/** Twenty times the recorded chain. */
const transfers = Number(process.env['BENCH_TRANSFERS'] ?? 240_000);
/** Far fewer nodes than the state of the second chain has, so that it is read back from disk. */
const maxNodes = 20_000;

/** `import.long`: does the cost of a transaction grow with the height? Figures by tenth of the chain. */
export const benchLongImport: Bench = async function* () {
  await installFastestCrypto();
  for (const receivers of ['same', 'new'] as const) {
    const directory = mkdtempSync(join(tmpdir(), 'isoquorum-bench-'));
    try {
      const chain = await generateChain({ directory, transfers, perBlock: 500, receivers });
      const run = await runImport({ file: chain.file, genesisFile: chain.genesisFile, maxNodes });
      const lastTo = (tenth: number): number =>
        Math.round(((run.deciles.at(-1) ?? 0) / (run.deciles[tenth - 1] ?? 0)) * 100) / 100;
      yield {
        name: 'import.long',
        value: run.transactionsPerSecond,
        unit: 'tx/s',
        receivers,
        transactions: run.transactions,
        deciles: run.deciles.join(' '),
        // The first tenth warms up. With new receivers the state grows too, and a slot's path in its trie with the logarithm of that:
        // from the second tenth to the last it is tenfold, from the sixth not even double.
        lastToSecondTenth: lastTo(2),
        lastToSixthTenth: lastTo(6),
        residentMiB: run.residentMiB,
        cpuMicroseconds: run.cpuMicroseconds,
      };
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
};

/** `import.private`: blocks of 200 private token transfers of one party, payloads at hand, beside the same in public. */
export const benchPrivateImport: Bench = async function* () {
  await installFastestCrypto();
  let publicRate = Number.NaN;
  for (const isPrivate of [false, true]) {
    const directory = mkdtempSync(join(tmpdir(), 'isoquorum-bench-'));
    try {
      const chain = await generateChain({ directory, transfers: 12_000, perBlock: 200, receivers: 'same', isPrivate });
      const run = await runImport({
        file: chain.file,
        genesisFile: chain.genesisFile,
        ...(isPrivate ? { payloadsFile: chain.payloadsFile } : {}),
      });
      if (!isPrivate) publicRate = run.transactionsPerSecond;
      yield {
        name: 'import.private',
        value: run.transactionsPerSecond,
        unit: 'tx/s',
        state: isPrivate ? 'private' : 'public',
        toPublic: Math.round((run.transactionsPerSecond / publicRate) * 100) / 100,
        residentMiB: run.residentMiB,
        cpuMicroseconds: run.cpuMicroseconds,
      };
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
};
