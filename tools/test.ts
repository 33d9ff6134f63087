/**
 * `npm test`: every check in order, the minutes of each, and one closing line. `--only NAME[,NAME]` runs a part,
 * `--long` takes many and new cases for the fuzz.
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { fuzzAssignments, fuzzEnvironment, readFuzzSettings } from './test/fuzz-settings.ts';
import { type Counts, type PartResult, playwrightResult, programResult, vitestResult } from './test/result.ts';

/** Lines shown of each failure at the end. */
const linesShown = 15;

const root = new URL('..', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'isoquorum-test-'));

interface Part {
  readonly name: string;
  run(): Promise<PartResult>;
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
  return { name, run: async () => programResult(name, await execute(command, args)) };
}

const long = process.argv.includes('--long');
/** The long run takes more cases, and other ones each time. */
const fuzz = readFuzzSettings(process.env, long ? { seed: randomInt(2 ** 31), runs: 20_000 } : undefined);

/** A Vitest project, by its JSON report. */
function vitest(project: string): Part {
  return {
    name: project,
    run: async () => {
      if (project === 'fuzz') console.log(`${fuzzAssignments(fuzz)} (set to repeat this run)`);
      const file = join(scratch, `${project}.json`);
      const strayFile = join(scratch, `${project}.stray.json`);
      const strayReporter = new URL('./test/stray-errors.ts', import.meta.url).pathname;
      const code = await execute(
        'vitest',
        [
          'run',
          '--project',
          project,
          '--reporter=dot',
          '--reporter=json',
          `--outputFile.json=${file}`,
          `--reporter=${strayReporter}`,
        ],
        { STRAY_ERRORS: strayFile, ...(project === 'fuzz' ? fuzzEnvironment(fuzz) : {}) },
      );
      return vitestResult(project, { file, strayFile, code, root });
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
    return playwrightResult(file, code);
  },
};

const parts: readonly Part[] = [
  program('check: types', 'tsc', '-b'),
  program('check: lint', 'oxlint', '--type-aware'),
  program('check: format', 'biome', 'format'),
  program('check: dead code', 'knip'),
  vitest('tidy'),
  vitest('unit'),
  vitest('fuzz'),
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

/** The first lines of what a test said, without the stack of others, so that the end of the log tells what failed. */
function shorten(text: string): string {
  const lines = stripVTControlCharacters(text).split('\n');
  return lines
    .filter((line) => line.trim() !== '' && !/^\s+at .*(node_modules\/|node:)/.test(line))
    .slice(0, linesShown)
    .map((line) => `    ${line.slice(0, 300)}`)
    .join('\n');
}

const total: Counts = { passed: 0, failed: 0, skipped: 0 };
const table: string[] = [];
const failures: string[] = [];
for (const part of chosen) {
  console.log(`\n── ${part.name}`);
  const started = process.hrtime.bigint();
  const { counts, failures: failed } = await part.run();
  const minutes = Number(process.hrtime.bigint() - started) / 60e9;
  for (const { title, text } of failed) failures.push(`${part.name}: ${title}\n${shorten(text)}`);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  table.push(
    `${part.name.padEnd(20)} ${minutes.toFixed(2).padStart(7)} min  ${String(counts.passed).padStart(6)} passed ${String(counts.failed).padStart(4)} failed ${String(counts.skipped).padStart(4)} skipped`,
  );
}
if (failures.length > 0) console.log(`\n── failures\n\n${failures.join('\n\n')}`);
rmSync(scratch, { recursive: true, force: true });
console.log(`\n${table.join('\n')}\n\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);
