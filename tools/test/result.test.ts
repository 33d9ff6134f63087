import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type PartResult, playwrightResult, programResult, vitestResult } from './result.ts';

const scratch = mkdtempSync(join(tmpdir(), 'isoquorum-result-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let files = 0;
function fileOf(report: unknown): string {
  const file = join(scratch, `${files++}.json`);
  writeFileSync(file, JSON.stringify(report));
  return file;
}

const noFile = join(scratch, 'none.json');
function unit(report: unknown, code: number, stray: readonly string[] = []): PartResult {
  return vitestResult('unit', { file: fileOf(report), strayFile: fileOf(stray), code, root: '/work/' });
}

const counts = { numPassedTests: 3, numFailedTests: 1, numPendingTests: 1, numTodoTests: 0 };
const passed = { fullName: 'a is one', status: 'passed', failureMessages: [] };
const failed = { fullName: 'a is two', status: 'failed', failureMessages: ['expected 1 to be 2', 'at a.ts:1'] };

describe('what a part of the test run came to', () => {
  it('names each failed test of Vitest with its file and what it said', () => {
    const testResults = [{ name: '/work/a.test.ts', status: 'failed', assertionResults: [passed, failed] }];
    expect(unit({ ...counts, testResults }, 1)).toEqual({
      counts: { passed: 3, failed: 1, skipped: 1 },
      failures: [{ title: 'a.test.ts › a is two', text: 'expected 1 to be 2\nat a.ts:1' }],
    });
  });

  it('counts a file that could not be loaded, an error outside of tests, and a run without a report', () => {
    const unloaded = { name: '/work/b.test.ts', status: 'failed', message: 'no such module', assertionResults: [] };
    const quiet = { ...counts, numFailedTests: 0 };
    expect(unit({ ...quiet, testResults: [unloaded] }, 1)).toMatchObject({
      counts: { failed: 1 },
      failures: [{ title: 'b.test.ts', text: 'no such module' }],
    });
    const stray = { title: 'an error outside of tests', text: 'Error: stray' };
    expect(unit({ ...quiet, testResults: [] }, 1, [stray.text])).toMatchObject({
      counts: { failed: 1 },
      failures: [stray],
    });
    expect(unit({ ...quiet, testResults: [] }, 1)).toMatchObject({
      counts: { failed: 1 },
      failures: [{ title: 'unit' }],
    });
    const nothing = vitestResult('unit', { file: noFile, strayFile: noFile, code: 1, root: '/work/' });
    expect(nothing).toMatchObject({ counts: { failed: 1 }, failures: [{ title: 'unit' }] });
    expect(unit({ ...quiet, testResults: [] }, 0).failures).toEqual([]);
  });

  it('names each failed test of Playwright', () => {
    const results = [{ errors: [{ message: 'timed out' }] }];
    const specs = [
      { title: 'opens', file: 'a.spec.ts', ok: false, tests: [{ results }] },
      { title: 'closes', file: 'a.spec.ts', ok: true, tests: [{ results: [{ errors: [] }] }] },
    ];
    const suites = [{ title: 'a.spec.ts', specs: [], suites: [{ title: 'a page', specs }] }];
    const stats = { expected: 1, unexpected: 1, skipped: 0, flaky: 0 };
    expect(playwrightResult(fileOf({ stats, suites }), 1)).toEqual({
      counts: { passed: 1, failed: 1, skipped: 0 },
      failures: [{ title: 'a.spec.ts › a page › opens', text: 'timed out' }],
    });
  });

  it('takes a program for one test', () => {
    expect(programResult('check: types', 0).counts).toEqual({ passed: 1, failed: 0, skipped: 0 });
    expect(programResult('check: types', 2)).toMatchObject({
      counts: { failed: 1 },
      failures: [{ title: 'check: types' }],
    });
  });
});
