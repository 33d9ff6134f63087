/** `npm run --silent conformance -- SUITE PATH [--json FILE] [--only TEXT] [--rules PROFILE]` (interfaces.md 4). */
import { existsSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { RulesProfile } from '@isoquorum/node/node-options';
import type { CaseResult, Suite, SuiteOptions } from './case-result.ts';
import { LayoutError } from './files.ts';

/** Suites are loaded when asked for, so that one that needs a browser or a network does not burden the others. */
const SUITES: Readonly<Record<string, () => Promise<Suite>>> = {
  bft: async () => (await import('./bft.ts')).bftSuite,
  chain: async () => (await import('./chain.ts')).chainSuite,
  format: async () => (await import('./format.ts')).formatSuite,
  raft: async () => (await import('./raft.ts')).raftSuite,
  rpc: async () => (await import('./rpc.ts')).rpcSuite,
  state: async () => (await import('./state.ts')).stateSuite,
  tessera: async () => (await import('./tessera.ts')).tesseraSuite,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    only: { type: 'string' },
    rules: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});

const USAGE = `usage: npm run --silent conformance -- SUITE PATH [--json FILE] [--only TEXT] [--rules PROFILE]
suites: ${Object.keys(SUITES).join(', ')}
  --json FILE      writes every case with its outcome
  --only TEXT      runs the cases whose name has TEXT
  --rules PROFILE  suite chain: imports and reads under strict (what users get) or goquorum rules; without it, reads
                   under goquorum rules, and blocks in altered forms under both. What differs under strict rules has
                   to be a difference by design of docs/compatibility.json`;

/** Ends the run: what was asked for cannot be run. */
function refuse(reason: string): never {
  console.error(reason);
  process.exit(2);
}

const [suiteName, path] = positionals;
const load = suiteName === undefined ? undefined : SUITES[suiteName];

function profileOf(text: string | undefined): RulesProfile | undefined {
  if (text === undefined || text === 'strict' || text === 'goquorum') return text;
  return refuse(`--rules is strict or goquorum, not ${text}`);
}

if (values.help === true || load === undefined || path === undefined) {
  console.error(USAGE);
  process.exit(values.help === true ? 0 : 2);
}
if (!existsSync(path))
  refuse(
    `${path} does not exist: give the folder that interfaces.md names for the suite ${suiteName}, or one laid out like it`,
  );
const rules = profileOf(values.rules);
if (rules !== undefined && suiteName !== 'chain') refuse(`--rules is for the suite chain, not ${suiteName}`);

const { only } = values;
/** The results, until the suite finds that the path is not laid out as it needs it. */
async function* resultsOf(results: AsyncIterable<CaseResult>): AsyncGenerator<CaseResult> {
  try {
    yield* results;
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    refuse(error.message);
  }
}

const suite = await load();
const results: CaseResult[] = [];
const byDesign = new Map<string, { count: number; reason: string }>();
const options: SuiteOptions = {
  ...(only === undefined ? {} : { only }),
  ...(rules === undefined ? {} : { rules: rules }),
};
for await (const result of resultsOf(suite(path, options))) {
  results.push(result);
  if (result.status === 'failed') console.log(`failed: ${result.name}: ${result.reason}`);
  if (result.status !== 'skipped') continue;
  const key = result.compatibilityCode ?? result.reason;
  byDesign.set(key, { count: (byDesign.get(key)?.count ?? 0) + 1, reason: result.reason });
}
for (const [code, { count, reason }] of byDesign)
  console.log(`skipped ${count}: ${code === reason ? reason : `${code}: ${reason}`}`);

const count = (status: CaseResult['status']): number => results.filter((result) => result.status === status).length;
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ suite: suiteName, path, results }, null, 2)}\n`);
console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
if (results.length === 0) {
  const named = only === undefined ? '' : ` whose name has "${only}"`;
  refuse(`${path} holds no case${named} of the suite ${suiteName}`);
}
process.exit(count('failed') === 0 ? 0 : 1);
