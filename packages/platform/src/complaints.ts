import { type AllowanceLimits, createAllowance } from './allowance.ts';
import type { Clock } from './clock.ts';
import type { Logger, LogLevel } from './logger.ts';

/** Writes a line about somebody, unless there were many of late; the next one that is written says in `untold` how many were not. */
export type Complain = (
  level: LogLevel,
  about: string,
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** For lines that others can bring about at will: they must not fill the log. */
export function createComplaints(logger: Logger, clock: Clock, limits: AllowanceLimits): Complain {
  const allowance = createAllowance(clock, limits);
  return (level, about, message, fields = {}) => {
    const untold = allowance.take(about);
    if (untold !== undefined) logger.log(level, message, { ...fields, untold });
  };
}
