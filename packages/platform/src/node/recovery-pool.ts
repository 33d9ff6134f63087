import { Worker } from 'node:worker_threads';
import type { Secp256k1Choice } from './crypto.ts';
import {
  createThreadPool,
  type RecoveryPlatform,
  type RecoveryPool,
  type RecoveryPoolOptions,
} from '../recovery-pool.ts';

/** `.ts` when running from source, `.js` from `dist`. */
function startWorker(choice: Secp256k1Choice | undefined): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  const entry = new URL(isSource ? './recovery-worker.ts' : './recovery-worker.js', import.meta.url);
  return new Worker(entry, { execArgv: isSource ? ['--conditions=source'] : [], name: 'recovery', workerData: choice });
}

const createPlatform = (choice: Secp256k1Choice | undefined): RecoveryPlatform => ({
  startThread(onAnswer, onEnd) {
    const worker = startWorker(choice);
    worker.unref();
    worker.on('message', onAnswer);
    worker.on('error', onEnd);
    worker.on('exit', onEnd);
    return {
      post: (job) => worker.postMessage(job, [job.buffer]),
      setBusy: (isBusy) => (isBusy ? worker.ref() : worker.unref()),
      terminate: async () => void (await worker.terminate()),
    };
  },
  pause: () => new Promise((resolve) => setImmediate(resolve)),
  later(milliseconds, call) {
    const timer = setTimeout(call, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
});

/** A pool of worker threads, started when first needed. Falls back to the calling thread when a thread cannot run. */
export function createRecoveryPool(
  options: RecoveryPoolOptions & { /** Only for comparisons. */ readonly crypto?: Secp256k1Choice } = {},
): RecoveryPool {
  return createThreadPool(createPlatform(options.crypto), options);
}
