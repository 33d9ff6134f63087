/** `npm run soak -- [--minutes N] [--seed N]`: kill -9 under load over all kinds of process, ten minutes by default. */
import { parseArgs } from 'node:util';
import { runSoak } from './run-soak.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help === true) {
  console.log('usage: npm run soak -- [--minutes N] [--seed N]');
  process.exit(0);
}
const seed = Number(values.seed ?? Date.now() % 1_000_000);
console.log(`seed ${seed} (again with --seed ${seed})`);
const started = performance.now();
const report = await runSoak({
  seconds: Number(values.minutes) * 60,
  seed,
  portBase: 22_000,
  say: (what) => console.log(`[${((performance.now() - started) / 1_000).toFixed(0).padStart(4)} s] ${what}`),
});
for (const fault of report.faults) console.log(`FAULT ${fault}`);
console.log(
  `${report.kills} kills, ${report.accepted} transactions accepted, head ${report.head}, ${report.faults.length} faults`,
);
process.exit(report.faults.length === 0 ? 0 : 1);
