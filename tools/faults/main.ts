/** `npm run faults -- [--consensus qbft|ibft] [--validators N]`: real validators killed and started again, both engines with 4 and 7 by default. */
import { parseArgs } from 'node:util';
import type { GeneratedConsensus } from '../../apps/daemon/src/network/genesis-json.ts';
import { runBftFaults } from './run-bft-faults.ts';

const { values } = parseArgs({ options: { consensus: { type: 'string' }, validators: { type: 'string' } } });
const engines = values.consensus === undefined ? (['qbft', 'ibft'] as const) : [values.consensus as GeneratedConsensus];
const sizes = values.validators === undefined ? [4, 7] : [Number(values.validators)];
for (const consensus of engines) {
  for (const validators of sizes) {
    await runBftFaults({ consensus, validators, waiting: 2_000, portBase: 26_000, say: (what) => console.log(what) });
  }
}
