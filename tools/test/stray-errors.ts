import { writeFileSync } from 'node:fs';
import type { Reporter } from 'vitest/node';

/** Reporter of Vitest: the errors outside of tests, which its JSON report leaves out, as a list of texts in the file `STRAY_ERRORS`. */
// oxlint-disable-next-line import/no-default-export -- Vitest constructs the default export of a reporter's file
export default class StrayErrors implements Reporter {
  onTestRunEnd(...[, errors]: Parameters<NonNullable<Reporter['onTestRunEnd']>>): void {
    const file = process.env['STRAY_ERRORS'];
    if (file !== undefined) writeFileSync(file, JSON.stringify(errors.map(({ stack, message }) => stack ?? message)));
  }
}
