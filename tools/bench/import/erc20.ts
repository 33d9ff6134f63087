import { join } from 'node:path';
import type { Bench } from '../measurement.ts';
import { type ImportRunOptions, runImport } from './run-import.ts';

const shared = process.env['ISOQUORUM_SHARED'] ?? new URL('../../../../shared', import.meta.url).pathname;
const folder = join(shared, 'vectors/bench/erc20-import');

/**
 * Configurations of the import. The reference configuration is what runs everywhere and is believed first: `--evm reference`,
 * secp256k1 in JavaScript, one thread; it is measured over a part of the chain. `reference engine` changes the EVM alone.
 */
const variants: readonly (Pick<
  ImportRunOptions,
  'evm' | 'crypto' | 'recoveryThreads' | 'transactionsMax' | 'gcMode'
> & {
  readonly variant: string;
})[] = [
  { variant: 'reference configuration', evm: 'reference', crypto: 'noble', recoveryThreads: 0, transactionsMax: 1_500 },
  { variant: 'native recovery', evm: 'fast' },
  { variant: 'native recovery, full', evm: 'fast', gcMode: 'full' },
  { variant: 'WASM only', evm: 'fast', crypto: 'libauth-wasm' },
  { variant: 'WASM only, one thread', evm: 'fast', crypto: 'libauth-wasm', recoveryThreads: 0 },
  { variant: 'reference engine', evm: 'reference' },
];

/** `import.erc20`: the recorded ERC-20 chain, from its gz file into LevelDB with fsync, whole node rules, cold, each in a process of its own. */
export const benchImport: Bench = async function* () {
  let reference = Number.NaN;
  for (const { variant, ...options } of variants) {
    const run = await runImport({
      file: join(folder, 'chain.rlp.gz'),
      genesisFile: join(folder, 'genesis.json'),
      ...options,
    });
    if (Number.isNaN(reference)) reference = run.transactionsPerSecond;
    yield {
      name: 'import.erc20',
      value: run.transactionsPerSecond,
      unit: 'tx/s',
      variant,
      engine: options.evm ?? 'fast',
      megagasPerSecond: Math.round(run.megagasPerSecond),
      residentMiB: run.residentMiB,
      cpuMicroseconds: run.cpuMicroseconds,
      timesReference: Math.round((run.transactionsPerSecond / reference) * 10) / 10,
    };
  }
};
