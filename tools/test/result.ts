import { readFileSync } from 'node:fs';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** A test that failed. */
export interface Failure {
  readonly title: string;
  /** What it said; may have many lines. */
  readonly text: string;
}

/** What a part of the run came to. */
export interface PartResult {
  readonly counts: Counts;
  readonly failures: readonly Failure[];
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

interface PlaywrightSuite {
  readonly title: string;
  readonly suites?: readonly PlaywrightSuite[];
  readonly specs?: readonly {
    readonly title: string;
    readonly file: string;
    readonly ok: boolean;
    readonly tests: readonly {
      readonly results: readonly { readonly errors?: readonly { readonly message?: string }[] }[];
    }[];
  }[];
}

interface PlaywrightReport {
  readonly stats: {
    readonly expected: number;
    readonly unexpected: number;
    readonly skipped: number;
    readonly flaky: number;
  };
  readonly suites: readonly PlaywrightSuite[];
  readonly errors?: readonly { readonly message?: string }[];
}

/** One failure that no test is to blame for. */
function failedAs(title: string, text: string): PartResult {
  return { counts: { passed: 0, failed: 1, skipped: 0 }, failures: [{ title, text }] };
}

/** A program that counts as one test: its exit code. */
export function programResult(name: string, code: number): PartResult {
  if (code !== 0) return failedAs(name, `ended with ${code}; what it printed is above`);
  return { counts: { passed: 1, failed: 0, skipped: 0 }, failures: [] };
}

/** @param root folder that names of files are shown from */
function vitestFailures(report: VitestReport, root: string): Failure[] {
  const failures: Failure[] = [];
  for (const { name, status, message, assertionResults } of report.testResults) {
    const file = name.startsWith(root) ? name.slice(root.length) : name;
    const failed = assertionResults.filter((result) => result.status === 'failed');
    for (const { fullName, failureMessages } of failed)
      failures.push({ title: `${file} › ${fullName.trim()}`, text: failureMessages?.join('\n') ?? '' });
    if (status === 'failed' && failed.length === 0) failures.push({ title: file, text: message ?? 'the file failed' });
  }
  return failures;
}

/** Where a Vitest run left what. */
export interface VitestRun {
  /** Its JSON report. */
  readonly file: string;
  /** The list of `stray-errors.ts`. */
  readonly strayFile: string;
  readonly code: number;
  /** Folder that names of files are shown from. */
  readonly root: string;
}

function readJson<Value>(file: string): Value | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Value;
  } catch {
    return undefined;
  }
}

/** What a Vitest run came to; one that left no report, or that ended badly without a failed test, counts as one failure. */
export function vitestResult(project: string, { file, strayFile, code, root }: VitestRun): PartResult {
  const report = readJson<VitestReport>(file);
  if (report === undefined) return failedAs(project, `ended with ${code} and left no report; what it printed is above`);
  const failures = vitestFailures(report, root);
  for (const text of readJson<readonly string[]>(strayFile) ?? [])
    failures.push({ title: 'an error outside of tests', text });
  if (code !== 0 && failures.length === 0)
    failures.push({ title: project, text: `ended with ${code} although no test failed; what it printed is above` });
  const failed = Math.max(report.numFailedTests, failures.length);
  const skipped = report.numPendingTests + report.numTodoTests;
  return { counts: { passed: report.numPassedTests, failed, skipped }, failures };
}

function playwrightFailures({ title, suites, specs }: PlaywrightSuite, above: string): Failure[] {
  const path = above === '' || above === title ? title : `${above} › ${title}`;
  const own = (specs ?? [])
    .filter(({ ok }) => !ok)
    .map((spec) => {
      const errors = spec.tests.flatMap(({ results }) => results.at(-1)?.errors ?? []);
      return { title: `${path} › ${spec.title}`, text: errors.map(({ message }) => message ?? '').join('\n') };
    });
  return [...own, ...(suites ?? []).flatMap((suite) => playwrightFailures(suite, path))];
}

/** The JSON report of a Playwright run, as {@link vitestResult}. */
export function playwrightResult(file: string, code: number): PartResult {
  const report = readJson<PlaywrightReport>(file);
  if (report === undefined) return failedAs('e2e', `ended with ${code} and left no report; what it printed is above`);
  const { stats } = report;
  const failures = report.suites.flatMap((suite) => playwrightFailures(suite, ''));
  for (const { message } of report.errors ?? [])
    failures.push({ title: 'e2e', text: message ?? 'an error outside of tests' });
  if (code !== 0 && failures.length === 0)
    failures.push({ title: 'e2e', text: `ended with ${code} although no test failed` });
  const failed = Math.max(stats.unexpected, failures.length);
  return { counts: { passed: stats.expected + stats.flaky, failed, skipped: stats.skipped }, failures };
}
