/** `npm run --silent conformance -- SUITE PATH [--json FILE] [--only TEXT]` (interfaces.md 4). */
import { existsSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { CaseResult, Suite } from './case-result.ts';

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
  options: { json: { type: 'string' }, only: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});
const [suiteName, path] = positionals;
const load = suiteName === undefined ? undefined : SUITES[suiteName];

if (values.help === true || load === undefined || path === undefined) {
  console.error(
    `usage: npm run --silent conformance -- SUITE PATH [--json FILE] [--only TEXT]\nsuites: ${Object.keys(SUITES).join(', ')}`,
  );
  process.exit(values.help === true ? 0 : 2);
}
if (!existsSync(path)) {
  console.error(
    `${path} does not exist: give the folder that interfaces.md names for the suite ${suiteName}, or one laid out like it`,
  );
  process.exit(2);
}

const suite = await load();
const results: CaseResult[] = [];
const byDesign = new Map<string, { count: number; reason: string }>();
for await (const result of suite(path, values.only === undefined ? {} : { only: values.only })) {
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
  const named = values.only === undefined ? '' : ` whose name has "${values.only}"`;
  console.error(`${path} holds no case${named} of the suite ${suiteName}`);
  process.exit(2);
}
process.exit(count('failed') === 0 ? 0 : 1);
