import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { createHybridEvm } from '@isoquorum/execution/evm/hybrid/engine';
import type { Evm } from '@isoquorum/execution/evm/port';
import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import type { CaseResult, SuiteOptions } from './case-result.ts';
import { isWanted, runCase } from './check.ts';
import { jsonFiles, openFolder, readJson } from './files.ts';
import { createPreState, runStateTest, type StateTest } from './state-test.ts';

/** The engines that every state test runs on. */
async function createEngines(): Promise<readonly Evm[]> {
  const { createReferenceEvm } = await import('@isoquorum/execution/evm/reference/engine');
  const only = process.env['CONFORMANCE_ENGINE'];
  return [createFastEvm(), createHybridEvm(), createReferenceEvm()].filter(
    ({ name }) => only === undefined || name === only,
  );
}

async function* fileCases(
  name: string,
  tests: Readonly<Record<string, StateTest>>,
  engines: readonly Evm[],
  options: SuiteOptions,
): AsyncGenerator<CaseResult> {
  for (const [title, test] of Object.entries(tests)) {
    const pre = createPreState(test);
    for (const [fork, posts] of Object.entries(test.post)) {
      for (const post of posts) {
        const { data, gas, value } = post.indexes;
        for (const evm of engines) {
          const caseName = `${name} ${title} ${fork} d${data}g${gas}v${value} ${evm.name}`;
          if (isWanted(caseName, options))
            yield await runCase(caseName, () => runStateTest(test, pre, fork, post, evm));
        }
      }
    }
  }
}

/** Suite `state`: ethereum/tests GeneralStateTests, every fork that a file names, on every engine. */
export async function* stateSuite(path: string, options: SuiteOptions): AsyncGenerator<CaseResult> {
  await installFastestCrypto();
  const engines = await createEngines();
  const { folder, close } = openFolder(path);
  try {
    for (const { path: file, name } of jsonFiles(folder)) {
      yield* fileCases(name, readJson<Readonly<Record<string, StateTest>>>(file), engines, options);
    }
  } finally {
    close();
  }
}
