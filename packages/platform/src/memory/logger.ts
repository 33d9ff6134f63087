import type { Logger, LogLevel } from '../logger.ts';

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger whose lines can be read; keeps the last `limit`. */
export interface MemoryLogger extends Logger {
  readonly lines: readonly LogLine[];
}

export function createMemoryLogger(limit = 10_000): MemoryLogger {
  const lines: LogLine[] = [];
  const make = (bound: Readonly<Record<string, unknown>>): MemoryLogger => ({
    lines,
    log(level, message, fields = {}) {
      lines.push({ level, message, fields: { ...bound, ...fields } });
      if (lines.length > limit) lines.shift();
    },
    child: (fields) => make({ ...bound, ...fields }),
  });
  return make({});
}

/** A logger that drops everything. */
export const silentLogger: Logger = { log() {}, child: () => silentLogger };
