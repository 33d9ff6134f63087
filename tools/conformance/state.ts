import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { CaseResult, SuiteOptions } from './case-result.ts';
import { jsonFiles, openFolder } from './files.ts';

/** One file of the suite on one engine. */
export interface StateTask {
  readonly path: string;
  readonly name: string;
  readonly engine: 'wasm' | 'hybrid' | 'reference';
}

const ENGINES: readonly StateTask['engine'][] = ['wasm', 'hybrid', 'reference'];
/** Ours; the reference engine is many times slower and runs when it is asked for. */
const DEFAULT_ENGINES = 'wasm,hybrid';
const MOST_THREADS = 2;

/** The engines of CONFORMANCE_ENGINE (names with commas), else both of ours. @throws Error for a name that is none */
function chosenEngines(): readonly StateTask['engine'][] {
  const names = (process.env['CONFORMANCE_ENGINE'] ?? DEFAULT_ENGINES).split(',');
  const unknown = names.find((name) => !ENGINES.some((engine) => engine === name));
  if (unknown !== undefined) throw new Error(`no engine ${unknown}: ${ENGINES.join(', ')}`);
  return ENGINES.filter((engine) => names.includes(engine));
}

function runTask(worker: Worker, task: StateTask): Promise<readonly CaseResult[]> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(error);
    worker.once('error', onError);
    worker.once('message', (results: readonly CaseResult[]) => {
      worker.off('error', onError);
      resolve(results);
    });
    worker.postMessage(task);
  });
}

/** Results of all tasks, as they come; each worker takes the next task when it is done with one. */
async function* runTasks(tasks: Iterator<StateTask>, workers: readonly Worker[]): AsyncGenerator<CaseResult> {
  type Finished = { readonly worker: Worker; readonly results: readonly CaseResult[] };
  const running = new Map<Worker, Promise<Finished>>();
  const start = (worker: Worker): void => {
    running.delete(worker);
    const next = tasks.next();
    if (next.done === true) return;
    running.set(
      worker,
      runTask(worker, next.value).then((results) => ({ worker, results })),
    );
  };
  for (const worker of workers) start(worker);
  while (running.size > 0) {
    const { worker, results } = await Promise.race(running.values());
    start(worker);
    yield* results;
  }
}

function* tasksOf(folder: string): Generator<StateTask> {
  const engines = chosenEngines();
  for (const { path, name } of jsonFiles(folder)) for (const engine of engines) yield { path, name, engine };
}

/** Suite `state`: ethereum/tests GeneralStateTests, every fork that a file names, on our engines, in as many threads as there are cores (two at most). */
export async function* stateSuite(path: string, options: SuiteOptions): AsyncGenerator<CaseResult> {
  const { folder, close } = openFolder(path);
  const threads = Math.min(MOST_THREADS, availableParallelism());
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL('./state-worker.ts', import.meta.url), { workerData: options }),
  );
  try {
    yield* runTasks(tasksOf(folder), workers);
  } finally {
    close();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
