/**
 * Set-up of every Vitest project: properties of fast-check draw their cases from one seed, whatever the order of files and workers, and one
 * that fails says how to see it fail again.
 */
import fc from 'fast-check';
import { relative } from 'node:path';
import { expect } from 'vitest';
import { fuzzAssignments, readFuzzSettings } from './fuzz-settings.ts';

const settings = readFuzzSettings(process.env);
const root = new URL('../..', import.meta.url).pathname;

fc.configureGlobal({
  seed: settings.seed,
  reporter: (details) => {
    if (!details.failed) return;
    const file = relative(root, expect.getState().testPath ?? '');
    const again = `Again: ${fuzzAssignments(settings)} npx vitest run ${file}`;
    const { errorInstance: cause } = details;
    const got = cause instanceof Error ? `\nGot ${String(cause)}` : '';
    throw new Error(`${again}\n${fc.defaultReportMessage(details)}${got}`, { cause });
  },
});
