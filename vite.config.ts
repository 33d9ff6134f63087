import { defineConfig } from 'vitest/config';
import { fuzzTimeoutMs, readFuzzSettings } from './tools/test/fuzz-settings.ts';

const workspaces = '{packages,apps}/*/src/**';
const excluded = ['**/node_modules/**', '**/dist/**', '**/.tsbuild/**'];

/** One Vitest project per kind of test; the suffix of the file says which kind it is. */
function project(name: string, include: readonly string[], timeoutMs: number): object {
  return {
    extends: true,
    test: {
      name,
      include: [...include],
      exclude: excluded,
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      environment: 'node',
    },
  };
}

export default defineConfig({
  resolve: { conditions: ['source', 'module', 'node', 'development|production'] },
  ssr: {
    resolve: {
      conditions: ['source', 'module', 'node', 'development|production'],
      externalConditions: ['source', 'node'],
    },
  },
  test: {
    pool: 'forks',
    execArgv: ['--conditions=source'],
    setupFiles: [new URL('tools/test/fuzz-setup.ts', import.meta.url).pathname],
    projects: [
      project('unit', [`${workspaces}/*.test.{ts,tsx}`], 120_000),
      project('fuzz', [`${workspaces}/*.fuzz.ts`], fuzzTimeoutMs(readFuzzSettings(process.env))),
      project('simulation', [`${workspaces}/*.sim.ts`], 300_000),
      project('conformance', [`${workspaces}/*.conformance.ts`, 'tools/**/*.conformance.ts'], 600_000),
      project('process', [`${workspaces}/*.process.ts`, 'tools/**/*.process.ts'], 300_000),
      project('tidy', ['tools/**/*.test.ts'], 120_000),
    ],
  },
});
