import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench } from '../measurement.ts';
import type { GrowthFigures } from './million-process.ts';

const accounts = [10_000, 100_000, 1_000_000];
const heapMiBMax = 512;

/** `state.million`: a state of a million accounts on LevelDB, in a process that may use 512 MiB of heap. */
export const benchMillionAccounts: Bench = async function* () {
  const directory = mkdtempSync(join(tmpdir(), 'isoquorum-bench-'));
  try {
    const entry = fileURLToPath(new URL('million-process.ts', import.meta.url));
    const flags = [`--max-old-space-size=${heapMiBMax}`, '--conditions=source'];
    const child = spawn(process.execPath, [...flags, entry, JSON.stringify({ directory, accounts })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (piece: Uint8Array) => {
      text += new TextDecoder().decode(piece);
    });
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`ended with ${code}: more than ${heapMiBMax} MiB of heap?`);
    for (const figure of JSON.parse(text) as GrowthFigures[]) {
      const { microsecondsPerUpdate, microsecondsPerRead, ...shape } = figure;
      yield {
        name: 'state.million',
        value: microsecondsPerUpdate,
        unit: 'µs/update',
        microsecondsPerRead: Math.round(microsecondsPerRead * 10) / 10,
        heapMiBMax,
        ...shape,
      };
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
