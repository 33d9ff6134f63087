import { logLevels, printable } from '../log-format.ts';
import type { Logger, LogLevel } from '../logger.ts';

/** Logs to the browser's console. */
export function createLogger(options: { readonly level?: LogLevel } = {}): Logger {
  const least = logLevels.indexOf(options.level ?? 'info');
  const make = (bound: Readonly<Record<string, unknown>>): Logger => ({
    log(level, message, fields) {
      if (logLevels.indexOf(level) < least) return;
      console[level](message, printable({ ...bound, ...fields }));
    },
    child: (fields) => make({ ...bound, ...fields }),
  });
  return make({});
}
