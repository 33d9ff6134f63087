import type { ImportProgress } from '@isoquorum/node/import/import-chain';

const WIDTH = 30;
const REDRAW_MS = 100;

/** A line on a terminal that says how far an import is; nothing where the output is no terminal. */
export function createProgressBar(): { update(progress: ImportProgress): void; end(): void } {
  let drawn = 0;
  let drawnAtMs = 0;
  return {
    update: (progress) => {
      const now = performance.now();
      if (!process.stderr.isTTY || now - drawnAtMs < REDRAW_MS) return;
      drawnAtMs = now;
      const share =
        progress.bytesTotal === undefined || progress.bytesTotal === 0
          ? 0
          : Math.min(1, progress.bytesRead / progress.bytesTotal);
      const filled = Math.round(share * WIDTH);
      const line = `[${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}] block ${progress.number}, ${Math.round(progress.transactionsPerSecond)} tx/s, ${progress.megagasPerSecond.toFixed(1)} Mgas/s`;
      process.stderr.write(`\r${line.padEnd(drawn)}`);
      drawn = line.length;
    },
    end: () => {
      if (drawn > 0) process.stderr.write(`\r${' '.repeat(drawn)}\r`);
    },
  };
}
