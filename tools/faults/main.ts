/** `npm run faults -- [--consensus qbft|ibft|raft|clique] [--validators N]`: real validators killed and started again, all engines with 4 and 7 by default. */
import { parseArgs } from 'node:util';
import { generatedConsensus } from '../../apps/daemon/src/network/genesis-json.ts';
import { runFaults } from './run-faults.ts';

const usage = `usage: npm run faults -- [--consensus ${generatedConsensus.join('|')}] [--validators N]   (N: 4 to 16; all engines with 4 and 7 by default)`;

function fail(text: string): never {
  console.error(`${text}\n${usage}`);
  process.exit(1);
}

function readOptions(): { readonly consensus?: string; readonly validators?: string; readonly help?: boolean } {
  const options = {
    consensus: { type: 'string' },
    validators: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

const values = readOptions();
if (values.help === true) {
  console.log(usage);
  process.exit(0);
}
const engines = generatedConsensus.filter((name) => values.consensus === undefined || name === values.consensus);
if (engines.length === 0)
  fail(`--consensus is one of ${generatedConsensus.join(', ')}, not "${values.consensus ?? ''}"`);
const sizes = values.validators === undefined ? [4, 7] : [Number(values.validators)];
// With fewer than four, none may be down.
if (sizes.some((size) => !Number.isInteger(size) || size < 4 || size > 16))
  fail(`--validators takes a whole number from 4 to 16, not "${values.validators}"`);
for (const consensus of engines) {
  for (const validators of sizes) {
    await runFaults({ consensus, validators, waiting: 2_000, portBase: 26_000, say: (what) => console.log(what) });
  }
}
