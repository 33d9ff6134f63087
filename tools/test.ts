/**
 * `npm test`: every check in order, the minutes of each, and one closing line. `--only NAME[,NAME]` runs a part,
 * `--long` lifts the budgets of fuzz and simulation.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'isoquorum-test-'));

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface Part {
  readonly name: string;
  run(): Promise<Counts>;
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numFailedTestSuites: number;
}

interface PlaywrightReport {
  readonly stats: {
    readonly expected: number;
    readonly unexpected: number;
    readonly skipped: number;
    readonly flaky: number;
  };
}

/** Runs a program of this repository with our Node first on the path; resolves to its exit code. */
function execute(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const path = `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`;
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, PATH: path, ...environment },
    });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** A program that counts as one test: its exit code. */
function program(name: string, command: string, ...args: readonly string[]): Part {
  return {
    name,
    run: async () =>
      (await execute(command, args)) === 0
        ? { passed: 1, failed: 0, skipped: 0 }
        : { passed: 0, failed: 1, skipped: 0 },
  };
}

/** A Vitest project; its JSON report gives the counts, a run that left no report counts as one failure. */
function vitest(project: string, environment: Readonly<Record<string, string>> = {}): Part {
  return {
    name: project,
    run: async () => {
      const file = join(scratch, `${project}.json`);
      const code = await execute(
        'vitest',
        ['run', '--project', project, '--reporter=dot', '--reporter=json', `--outputFile.json=${file}`],
        environment,
      );
      try {
        const report = JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
        const failed = report.numFailedTests === 0 && code !== 0 ? 1 : report.numFailedTests;
        return { passed: report.numPassedTests, failed, skipped: report.numPendingTests + report.numTodoTests };
      } catch {
        return { passed: 0, failed: 1, skipped: 0 };
      }
    },
  };
}

/** End-to-end tests by Playwright in a real browser. */
const endToEnd: Part = {
  name: 'e2e',
  run: async () => {
    const file = join(scratch, 'e2e.json');
    const code = await execute('playwright', ['test', '--config', 'e2e/playwright.config.ts', '--reporter=list,json'], {
      PLAYWRIGHT_JSON_OUTPUT_NAME: file,
      NODE_OPTIONS: '--conditions=source',
    });
    try {
      const { stats } = JSON.parse(readFileSync(file, 'utf8')) as PlaywrightReport;
      const failed = stats.unexpected === 0 && code !== 0 ? 1 : stats.unexpected;
      return { passed: stats.expected + stats.flaky, failed, skipped: stats.skipped };
    } catch {
      return { passed: 0, failed: 1, skipped: 0 };
    }
  },
};

const long = process.argv.includes('--long');
const parts: readonly Part[] = [
  program('check: types', 'tsc', '-b'),
  program('check: lint', 'oxlint', '--type-aware'),
  program('check: format', 'biome', 'format'),
  program('check: dead code', 'knip'),
  vitest('tidy'),
  vitest('unit'),
  vitest('fuzz', long ? { FUZZ_RUNS: process.env['FUZZ_RUNS'] ?? '20000' } : {}),
  vitest('simulation'),
  vitest('conformance'),
  vitest('process'),
  endToEnd,
];

const onlyAt = process.argv.indexOf('--only');
const only = onlyAt === -1 ? undefined : process.argv[onlyAt + 1]?.split(',');
const chosen = parts.filter(
  (part) => only === undefined || only.some((name) => part.name === name || part.name.startsWith(`${name}:`)),
);
if (chosen.length === 0) {
  console.error(`No such part. Parts: ${parts.map((part) => part.name).join(', ')}`);
  process.exit(2);
}

const total: Counts = { passed: 0, failed: 0, skipped: 0 };
const table: string[] = [];
for (const part of chosen) {
  console.log(`\n── ${part.name}`);
  const started = process.hrtime.bigint();
  const counts = await part.run();
  const minutes = Number(process.hrtime.bigint() - started) / 60e9;
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  table.push(
    `${part.name.padEnd(20)} ${minutes.toFixed(2).padStart(7)} min  ${String(counts.passed).padStart(6)} passed ${String(counts.failed).padStart(4)} failed ${String(counts.skipped).padStart(4)} skipped`,
  );
}
rmSync(scratch, { recursive: true, force: true });
console.log(`\n${table.join('\n')}\n\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);
