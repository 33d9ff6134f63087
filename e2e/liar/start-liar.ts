import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Lie } from './lies.ts';
import type { LiarCommand, LiarReport } from './messages.ts';

/** A lying validator as a process of its own. */
export interface Liar {
  readonly peerId: string;
  /** Tells it what to lie from now on; undefined: nothing. */
  tell(lie: Lie | undefined): void;
  /** Hashes of the blocks that it gave to pages under a lie, `0x…`. */
  hashes(lie: Lie): ReadonlySet<string>;
  stop(): Promise<void>;
}

/** Puts a liar in the place of a node that is down. @param name the node's name in network.json */
export async function startLiar(dataDir: string, name: string): Promise<Liar> {
  const entry = fileURLToPath(new URL('./liar.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--conditions=source', '--disable-warning=ExperimentalWarning', entry, dataDir, name],
    {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  );
  let complaints = '';
  child.stderr?.on('data', (chunk: Uint8Array) => {
    complaints = (complaints + new TextDecoder().decode(chunk)).slice(-4_000);
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const told = new Map<Lie, Set<string>>();
  const peerId = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the liar ended with ${code}:\n${complaints}`)));
    child.on('message', (message: LiarReport) => {
      if (message.type === 'started') return resolve(message.peerId);
      const hashes = told.get(message.lie) ?? new Set();
      told.set(message.lie, hashes.add(message.hash));
    });
  });
  return {
    peerId,
    tell: (lie) => void child.send({ lie } satisfies LiarCommand),
    hashes: (lie) => told.get(lie) ?? new Set(),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
