import { startManager } from '../node/start-manager.ts';
import { createLogger } from '@isoquorum/platform/node/logger';

/** A manager as a process for tests: `manager-process.ts <data dir> <seed> <q2t port> <p2p port> [peer]`; prints one line when it is ready. */
const [dataDir, seed = '1', q2tPort = '0', p2pPort = '0', peer] = process.argv.slice(2);
const running = await startManager({
  dataDir,
  enclave: { keys: [new Uint8Array(32).fill(Number(seed))] },
  q2t: { host: '127.0.0.1', port: Number(q2tPort) },
  p2p: { host: '127.0.0.1', port: Number(p2pPort) },
  peers: peer === undefined ? [] : [peer],
  partyInfoIntervalMs: 1_000,
  logger: createLogger({ level: 'warn' }),
});
process.stdout.write(`${JSON.stringify(running.urls)}\n`);
process.once('SIGTERM', () => void running.stop());
