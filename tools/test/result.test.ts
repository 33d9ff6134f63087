import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { playwrightResult, programResult, vitestResult } from './result.ts';

const scratch = mkdtempSync(join(tmpdir(), 'isoquorum-result-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function fileOf(report: unknown): string {
  const file = join(scratch, `${Math.abs(JSON.stringify(report).length)}.json`);
  writeFileSync(file, JSON.stringify(report));
  return file;
}

const counts = { numPassedTests: 3, numFailedTests: 1, numPendingTests: 1, numTodoTests: 0 };
const passed = { fullName: 'a is one', status: 'passed', failureMessages: [] };
const failed = { fullName: 'a is two', status: 'failed', failureMessages: ['expected 1 to be 2', 'at a.ts:1'] };

describe('what a part of the test run came to', () => {
  it('names each failed test of Vitest with its file and what it said', () => {
    const testResults = [{ name: '/work/a.test.ts', status: 'failed', assertionResults: [passed, failed] }];
    expect(vitestResult('unit', fileOf({ ...counts, testResults }), 1, '/work/')).toEqual({
      counts: { passed: 3, failed: 1, skipped: 1 },
      failures: [{ title: 'a.test.ts › a is two', text: 'expected 1 to be 2\nat a.ts:1' }],
    });
  });

  it('counts a file that could not be loaded, an error outside of tests, and a run without a report', () => {
    const unloaded = { name: '/work/b.test.ts', status: 'failed', message: 'no such module', assertionResults: [] };
    const quiet = { ...counts, numFailedTests: 0 };
    const broken = vitestResult('unit', fileOf({ ...quiet, testResults: [unloaded] }), 1, '/work/');
    expect(broken).toMatchObject({ counts: { failed: 1 }, failures: [{ title: 'b.test.ts', text: 'no such module' }] });
    const outside = vitestResult('unit', fileOf({ ...quiet, testResults: [] }), 1, '/work/');
    expect(outside).toMatchObject({ counts: { failed: 1 }, failures: [{ title: 'unit' }] });
    expect(vitestResult('unit', join(scratch, 'none.json'), 1, '/work/')).toMatchObject({ counts: { failed: 1 } });
    expect(vitestResult('unit', fileOf({ ...quiet, testResults: [] }), 0, '/work/').failures).toEqual([]);
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
