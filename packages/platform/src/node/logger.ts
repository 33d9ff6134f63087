import { logLevels, printable } from '../log-format.ts';
import type { Logger, LogLevel } from '../logger.ts';

export interface LoggerOptions {
  /** Least level that is printed; `info` unless told. */
  readonly level?: LogLevel;
  /** Receives each line, without line end; standard error unless told. */
  readonly write?: (line: string) => void;
}

/** One JSON object per line: time, level, message, fields. */
export function createLogger(options: LoggerOptions = {}): Logger {
  const least = logLevels.indexOf(options.level ?? 'info');
  const write = options.write ?? ((line: string) => void process.stderr.write(`${line}\n`));
  const make = (bound: Readonly<Record<string, unknown>>): Logger => ({
    log(level, message, fields) {
      if (logLevels.indexOf(level) < least) return;
      const printed = printable({ ...bound, ...fields }) as Record<string, unknown>;
      write(JSON.stringify({ time: new Date().toISOString(), level, message, ...printed }));
    },
    child: (fields) => make({ ...bound, ...fields }),
  });
  return make({});
}
