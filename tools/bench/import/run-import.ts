import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface ImportRunOptions {
  readonly file: string;
  readonly genesisFile: string;
  readonly payloadsFile?: string;
  readonly evm?: 'fast' | 'reference';
  readonly crypto?: 'native' | 'libauth-wasm' | 'noble';
  readonly recoveryThreads?: number;
  readonly maxNodes?: number;
  readonly gcMode?: 'archive' | 'full';
  /** Stop after so many transactions: for configurations that would take minutes. */
  readonly transactionsMax?: number;
}

/** What an import in a process of its own came to. */
export interface ImportRun {
  readonly transactionsPerSecond: number;
  readonly megagasPerSecond: number;
  readonly transactions: number;
  /** Largest resident set, MiB. */
  readonly residentMiB: number;
  /** User and system time of the import, µs per transaction. */
  readonly cpuMicroseconds: number;
  /** Transactions per second by tenth of the chain. */
  readonly deciles: readonly number[];
}

/** The flags with which the command `isoquorum import` runs Node. */
const heapFlags = JSON.parse(
  readFileSync(new URL('../../../apps/daemon/bin/heap-flags.json', import.meta.url), 'utf8'),
) as { readonly import: readonly string[] };

/** `isoquorum import` into a fresh LevelDB directory, in a fresh process, so that nothing is warm and memory is its own. */
export async function runImport(options: ImportRunOptions): Promise<ImportRun> {
  const dataDir = mkdtempSync(join(tmpdir(), 'isoquorum-bench-'));
  try {
    const entry = fileURLToPath(new URL('import-process.ts', import.meta.url));
    const flags = ['--conditions=source', ...heapFlags.import];
    const child = spawn(process.execPath, [...flags, entry, JSON.stringify({ ...options, dataDir })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (piece: Uint8Array) => {
      text += new TextDecoder().decode(piece);
    });
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`the import ended with ${code}`);
    return JSON.parse(text) as ImportRun;
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}
