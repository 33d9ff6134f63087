/** A thread of the suite `state`: runs one file on one engine at a time, as its parent asks. */
import { parentPort, workerData } from 'node:worker_threads';
import { createHybridEvm } from '@isoquorum/execution/evm/hybrid/engine';
import type { Evm } from '@isoquorum/execution/evm/port';
import { createReferenceEvm } from '@isoquorum/execution/evm/reference/engine';
import { createWasmEvm } from '@isoquorum/execution/evm/wasm/engine';
import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import type { CaseResult, SuiteOptions } from './case-result.ts';
import { isWanted, runCase } from './check.ts';
import { readJson } from './files.ts';
import { createPreState, runStateTest, type StateTest } from './state-test.ts';
import type { StateTask } from './state.ts';

const options = workerData as SuiteOptions;
const hybrid = createHybridEvm();
const engines: Readonly<Record<StateTask['engine'], Evm>> = {
  wasm: createWasmEvm(hybrid),
  hybrid,
  reference: createReferenceEvm(),
};

async function runFile({ path, name, engine }: StateTask): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for (const [title, test] of Object.entries(readJson<Readonly<Record<string, StateTest>>>(path))) {
    const pre = createPreState(test);
    for (const [fork, posts] of Object.entries(test.post)) {
      for (const post of posts) {
        const { data, gas, value } = post.indexes;
        const caseName = `${name} ${title} ${fork} d${data}g${gas}v${value} ${engine}`;
        if (isWanted(caseName, options))
          results.push(await runCase(caseName, () => runStateTest(test, pre, fork, post, engines[engine])));
      }
    }
  }
  return results;
}

await installFastestCrypto();
parentPort?.on('message', (task: StateTask) => {
  void runFile(task).then((results) => parentPort?.postMessage(results));
});
