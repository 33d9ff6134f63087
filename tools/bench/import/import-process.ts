/** One import in a process of its own: options as JSON in, {@link ImportRun} as JSON out. */
import { readFileSync } from 'node:fs';
import { importFile } from '@isoquorum/node/node/import-file';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import type { ImportRun, ImportRunOptions } from './run-import.ts';

const { genesisFile, transactionsMax, ...options } = JSON.parse(process.argv[2] ?? '') as ImportRunOptions & {
  readonly dataDir: string;
};

interface Mark {
  readonly ms: number;
  readonly transactions: number;
}

/** Rate of each tenth of the transactions. */
function decilesOf(marks: readonly Mark[], startMs: number): number[] {
  const total = marks.at(-1)?.transactions ?? 0;
  const deciles: number[] = [];
  let from: Mark = { ms: startMs, transactions: 0 };
  for (let part = 1; part <= 10; part++) {
    const to = marks.find(({ transactions }) => transactions >= (total * part) / 10);
    if (to === undefined || to === from) continue;
    deciles.push(Math.round(((to.transactions - from.transactions) * 1000) / (to.ms - from.ms)));
    from = to;
  }
  return deciles;
}

const marks: Mark[] = [];
const cpu = process.cpuUsage();
const startMs = performance.now();

/** Thrown inside to end an import early. */
class Enough extends Error {}

function result(rate: number, gasRate: number): ImportRun {
  const { user, system } = process.cpuUsage(cpu);
  const transactions = marks.at(-1)?.transactions ?? 0;
  return {
    transactionsPerSecond: rate,
    megagasPerSecond: gasRate,
    transactions,
    residentMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    cpuMicroseconds: Math.round((user + system) / transactions),
    deciles: decilesOf(marks, startMs),
  };
}

let last = { transactionsPerSecond: 0, megagasPerSecond: 0 };
try {
  const report = await importFile({
    ...options,
    genesis: readFileSync(genesisFile, 'utf8'),
    onProgress(progress) {
      last = progress;
      marks.push({ ms: performance.now(), transactions: progress.transactions });
      if (transactionsMax !== undefined && progress.transactions >= transactionsMax) throw new Enough();
    },
  });
  console.log(JSON.stringify(result(report.transactionsPerSecond, report.megagasPerSecond)));
} catch (error) {
  if (!(error instanceof Enough) && !isIsoquorumError(error)) throw error;
  if (isIsoquorumError(error)) throw error;
  console.log(JSON.stringify(result(last.transactionsPerSecond, last.megagasPerSecond)));
  process.exit(0);
}
