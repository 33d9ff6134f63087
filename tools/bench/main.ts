/** `npm run --silent bench -- [--only NAME[,NAME…]] [--seconds S] [--json]` (interfaces.md 5). */
import { parseArgs } from 'node:util';
import type { Bench, Measurement } from './measurement.ts';

/** Benches by the name of their figures, loaded when asked for. */
const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  'evm.add': async () => (await import('./engines.ts')).benchLoop('add'),
  'evm.mul': async () => (await import('./engines.ts')).benchLoop('mul'),
  'evm.keccak': async () => (await import('./engines.ts')).benchLoop('keccak'),
  'evm.mstore': async () => (await import('./engines.ts')).benchLoop('mstore'),
  'evm.pairing': async () => (await import('./engines.ts')).benchLoop('pairing'),
  'evm.erc20': async () => (await import('./engines.ts')).benchTransfers,
  'trie.update': async () => (await import('./engines.ts')).benchTrie,
  'secp256k1.recover': async () => (await import('./engines.ts')).benchRecover,
  'light.verify': async () => (await import('./engines.ts')).benchLight,
  'state.million': async () => (await import('./state/million.ts')).benchMillionAccounts,
  'import.erc20': async () => (await import('./import/erc20.ts')).benchImport,
  'import.long': async () => (await import('./import/long.ts')).benchLongImport,
  'import.page': async () => (await import('./import/page.ts')).benchPageImport,
  'import.private': async () => (await import('./import/long.ts')).benchPrivateImport,
  'library.erc20': async () => (await import('./library-vm.ts')).benchLibraryVm,
  'rpc.erc20.1': async () => (await import('./rpc-erc20.ts')).benchRpcErc20(1),
  'rpc.erc20.4': async () => (await import('./rpc-erc20.ts')).benchRpcErc20(4),
  'rpc.erc20.raft': async () => (await import('./rpc-erc20.ts')).benchRpcErc20(3, 'raft'),
  'rpc.private.4': async () => (await import('./rpc-private.ts')).benchRpcPrivate,
  'simulate.21': async () => (await import('./simulate.ts')).benchSimulate,
  'latency.4': async () => (await import('./latency.ts')).benchLatency('latency.4'),
  'latency.4.demand': async () => (await import('./latency.ts')).benchLatency('latency.4.demand'),
  'latency.raft': async () => (await import('./latency.ts')).benchLatency('latency.raft'),
  manager: async () => (await import('./manager.ts')).benchManager,
  start: async () => (await import('./start.ts')).benchStart,
};

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seconds: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});
const names = Object.keys(BENCHES);
const only = values.only?.split(',');
const chosen = names.filter(
  (name) => only === undefined || only.some((wanted) => name === wanted || name.startsWith(`${wanted}.`)),
);
const seconds = Number(values.seconds ?? 3);

if (values.help === true || chosen.length === 0 || !(seconds > 0)) {
  console.error(
    `usage: npm run --silent bench -- [--only NAME[,NAME…]] [--seconds S] [--json]\nnames: ${names.join(', ')}`,
  );
  process.exit(values.help === true ? 0 : 2);
}

function print(measurement: Measurement): void {
  if (values.json === true) {
    console.log(JSON.stringify(measurement));
    return;
  }
  const { name, value, unit, ...shape } = measurement;
  const shaped = Object.entries(shape)
    .map(([key, entry]) => `${key}=${entry}`)
    .join(' ');
  console.log(`${name.padEnd(24)} ${value.toPrecision(5).padStart(12)} ${unit.padEnd(12)} ${shaped}`);
}

let failed = 0;
for (const name of chosen) {
  try {
    const bench = await BENCHES[name]?.();
    if (bench !== undefined) for await (const measurement of bench({ seconds })) print(measurement);
  } catch (error) {
    failed += 1;
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
process.exit(failed === 0 ? 0 : 1);
